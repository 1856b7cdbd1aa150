import { existsSync } from "node:fs";
import { join } from "node:path";
import { type BertConfig, checkConfig } from "../../bert/config.js";
import { fromHuggingFaceNames } from "../../bert/hugging-face-names.js";
import { TunebertError } from "../../error.js";
import type { Activation } from "../../nn/activation.js";
import * as json from "../../text/json-reader.js";
import { listNames } from "../../text/list-names.js";
import { TOKENIZER_JSON } from "../../text/tokenizer-json.js";
import { WordPieceTokenizer } from "../../text/word-piece-tokenizer.js";
import type { StateDict } from "../../weights/tensor.js";
import { inFile, readText } from "../files/files.js";
import { readWeights } from "./read-weights.js";

const CONFIG = "config.json";
const TOKENIZER_CONFIG = "tokenizer_config.json";
const VOCABULARY = "vocab.txt";
const WEIGHTS = ["model.safetensors", "pytorch_model.bin"];
const INDEXES = WEIGHTS.map((name) => `${name}.index.json`);

/** Files of one model; a larger one has fewer than a hundred. */
const MAX_SHARDS = 1000;

/** A BERT as Hugging Face's libraries keep it. */
export interface HuggingFaceBert {
  readonly config: BertConfig;
  readonly tokenizer: WordPieceTokenizer;
  /** Names of the labels that its output layer tells apart; none where it has none. */
  readonly labels: readonly string[] | undefined;
  /** Reads the tensors, under our names. */
  readonly read: () => { readonly state: StateDict; readonly notes: readonly string[] };
}

/** Whether a folder holds a model as Hugging Face's libraries keep it: its config.json says of what type. */
export async function isHuggingFaceFolder(folder: string): Promise<boolean> {
  const path = join(folder, CONFIG);
  if (!existsSync(path)) return false;
  try {
    return typeof JSON.parse(await readText(path)).model_type === "string";
  } catch {
    return false;
  }
}

/**
 * Opens a folder with `config.json`, a tokenizer (`tokenizer.json`, or `vocab.txt`) and weights (`model.safetensors` or
 * `pytorch_model.bin`, whole or in shards).
 * @throws TunebertError that names the file, when one is missing or damaged, or the model is no BERT
 */
export async function openHuggingFaceFolder(folder: string): Promise<HuggingFaceBert> {
  const path = join(folder, CONFIG);
  const { config, labels } = parseHuggingFaceConfig(await readText(path), path);
  const tokenizer = await readTokenizer(folder);
  const files = await weightsFiles(folder);
  return {
    config,
    tokenizer,
    labels,
    read() {
      const tensors: StateDict = new Map(files.flatMap((file) => [...readWeights(file)]));
      const { state, leftOut } = inFile(files[0]!, () => fromHuggingFaceNames(tensors));
      const heads = leftOut.filter((name) => !/position_ids$/.test(name));
      return {
        state,
        notes: [
          ...(heads.length === 0
            ? []
            : [`left out, since a classifier has no use for it: ${listNames(heads)}`]),
          ...(state.has("hidden.0.weight") ? [] : ["it comes without a pooler; a fresh one is trained"]),
        ],
      };
    },
  };
}

/** Reads the text of a `config.json`. @throws TunebertError, with `path`, when it is not one of a BERT that we know */
export function parseHuggingFaceConfig(
  text: string,
  path: string,
): Pick<HuggingFaceBert, "config" | "labels"> {
  const found = json.parseJson(text, path, readConfig);
  return { config: inFile(path, () => configOf(found)), labels: labelsOf(found) };
}

interface Config {
  readonly model_type: string;
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_attention_heads: number;
  readonly num_hidden_layers: number;
  readonly max_position_embeddings: number;
  readonly type_vocab_size?: number | undefined;
  readonly layer_norm_eps?: number | undefined;
  readonly hidden_act?: string | undefined;
  readonly position_embedding_type?: string | undefined;
  readonly id2label?: Readonly<Record<string, string>> | null | undefined;
}

const readModelType = json.object({ model_type: json.string });

const readSizes = json.object<Config>({
  model_type: json.string,
  vocab_size: json.count,
  hidden_size: json.count,
  intermediate_size: json.count,
  num_attention_heads: json.count,
  num_hidden_layers: json.count,
  max_position_embeddings: json.count,
  type_vocab_size: json.optional(json.count),
  layer_norm_eps: json.optional(json.number),
  hidden_act: json.optional(json.string),
  position_embedding_type: json.optional(json.string),
  id2label: json.optional(json.nullable(json.record(json.string))),
});

/** Of another type the sizes have other names, too. */
const readConfig: json.JsonReader<Config> = (value, place) => {
  const { model_type } = readModelType(value, place);
  if (model_type !== "bert") {
    throw new TunebertError(`a model of the type ${model_type}, which tunebert does not know; it knows bert`);
  }
  return readSizes(value, place);
};

/** What Hugging Face's libraries call the activations. */
const ACTIVATION_NAMES: Readonly<Record<string, Activation>> = {
  relu: "relu",
  gelu: "gelu",
  gelu_new: "gelu-tanh",
  gelu_pytorch_tanh: "gelu-tanh",
};

function configOf(config: Config): BertConfig {
  const { hidden_act = "gelu", position_embedding_type = "absolute" } = config;
  const activation = json.own(ACTIVATION_NAMES, hidden_act);
  if (activation === undefined) {
    throw new TunebertError(
      `the activation ${hidden_act}, which tunebert does not know; it knows ${listNames(Object.keys(ACTIVATION_NAMES))}`,
    );
  }
  if (position_embedding_type !== "absolute") {
    throw new TunebertError(`positions are ${position_embedding_type}; tunebert knows absolute ones`);
  }
  return checkConfig({
    vocabularySize: config.vocab_size,
    hidden: config.hidden_size,
    ffn: config.intermediate_size,
    heads: config.num_attention_heads,
    blocks: config.num_hidden_layers,
    maxPositions: config.max_position_embeddings,
    variant: { activation, epsilon: config.layer_norm_eps ?? 1e-12, segments: config.type_vocab_size ?? 2 },
  });
}

/** In the order of the logits: `LABEL_0` is 0, which is how data has it; `undefined` where config.json names none. */
function labelsOf({ id2label }: Config): readonly string[] | undefined {
  if (!id2label) return undefined;
  const labels = Object.keys(id2label).map((_, i) =>
    json.own(id2label, String(i))?.replace(/^LABEL_(?=\d+$)/, ""),
  );
  const named = labels.filter((label) => label !== undefined);
  return named.length === labels.length && named.length > 1 ? named : undefined;
}

async function readTokenizer(folder: string): Promise<WordPieceTokenizer> {
  const path = join(folder, TOKENIZER_JSON);
  if (existsSync(path)) return WordPieceTokenizer.parse(await readText(path), path);
  const vocabulary = join(folder, VOCABULARY);
  if (!existsSync(vocabulary)) {
    throw new TunebertError(`${folder} holds no tokenizer; expected ${TOKENIZER_JSON} or ${VOCABULARY}`);
  }
  const tokens = (await readText(vocabulary)).replace(/\r?\n$/, "").split(/\r?\n/);
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const options = join(folder, TOKENIZER_CONFIG);
  const known = existsSync(options) ? json.parseJson(await readText(options), options, readOptions) : {};
  const lowercase = known.do_lower_case ?? !tokens.some(isCased);
  return inFile(vocabulary, () => WordPieceTokenizer.of(ids, { lowercase }));
}

/** Whether a token, other than a special one in brackets, has a capital: then its tokenizer keeps them. */
function isCased(token: string): boolean {
  return /\p{Lu}/u.test(token) && !/^\[.*\]$/.test(token);
}

const readOptions = json.object<{ readonly do_lower_case?: boolean | undefined }>({
  do_lower_case: json.optional(json.boolean),
});

async function weightsFiles(folder: string): Promise<string[]> {
  const whole = WEIGHTS.find((name) => existsSync(join(folder, name)));
  if (whole !== undefined) return [join(folder, whole)];
  const index = INDEXES.find((name) => existsSync(join(folder, name)));
  if (index === undefined)
    throw new TunebertError(`${folder} holds no weights; expected ${WEIGHTS.join(" or ")}`);
  const path = join(folder, index);
  const { weight_map } = json.parseJson(await readText(path), path, readIndex);
  const names = [...new Set(Object.values(weight_map))];
  const strange = names.find((name) => !/^[\w-][\w.-]*$/.test(name));
  if (strange !== undefined)
    throw new TunebertError(`${path} names a file that is not in the folder: ${strange}`);
  if (names.length === 0 || names.length > MAX_SHARDS) {
    throw new TunebertError(`${path} names ${names.length} files; expected 1 to ${MAX_SHARDS}`);
  }
  return names.map((name) => join(folder, name));
}

const readIndex = json.object({ weight_map: json.record(json.string) });
