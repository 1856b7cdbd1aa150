import { existsSync } from "node:fs";
import { join } from "node:path";
import { fromHuggingFaceNames } from "../../bert/hugging-face-names.js";
import { TunebertError } from "../../error.js";
import * as json from "../../text/json-reader.js";
import { listNames } from "../../text/list-names.js";
import { parseTokenizer } from "../../text/subwords/parse-tokenizer.js";
import { TOKENIZER_JSON } from "../../text/subwords/tokenizer-json.js";
import { WordPieceTokenizer } from "../../text/subwords/word-piece-tokenizer.js";
import type { Tokenizer } from "../../text/tokenizer.js";
import type { StateDict } from "../../weights/tensor.js";
import { inFile, readText } from "../files/files.js";
import { type HuggingFaceConfig, parseHuggingFaceConfig } from "./hugging-face-config.js";
import { readWeights } from "./read-weights.js";
import {
  isSentenceTransformer,
  type Pooling,
  readSentenceTransformer,
  type SentenceTransformer,
} from "./sentence-transformers.js";

const CONFIG = "config.json";
const TOKENIZER_CONFIG = "tokenizer_config.json";
const VOCABULARY = "vocab.txt";
const WEIGHTS = ["model.safetensors", "pytorch_model.bin"];
const INDEXES = WEIGHTS.map((name) => `${name}.index.json`);

/** Files of one model; a larger one has fewer than a hundred. */
const MAX_SHARDS = 1000;

/** A model as Hugging Face's libraries keep it. */
export interface HuggingFaceModel extends HuggingFaceConfig {
  readonly tokenizer: Tokenizer;
  /** Reads the tensors, under our names. */
  readonly read: () => { readonly state: StateDict; readonly notes: readonly string[] };
}

/**
 * Whether a folder holds a model as Hugging Face's libraries keep it: its config.json says of what type, or it has the modules
 * of `sentence-transformers`.
 */
export async function isHuggingFaceFolder(folder: string): Promise<boolean> {
  if (isSentenceTransformer(folder)) return true;
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
 * `pytorch_model.bin`, whole or in shards), or one of `sentence-transformers`.
 * @param options `pooling`: what the output layer is to read; default: the mean where the folder says so, else the first token.
 * `withWordHead`: whether the head of a masked language model is wanted too; default: no
 * @throws TunebertError that names the file, when one is missing or damaged, or the model is none that we know
 */
export async function openHuggingFaceFolder(
  folder: string,
  {
    pooling,
    withWordHead,
  }: { readonly pooling?: Pooling | undefined; readonly withWordHead?: boolean | undefined } = {},
): Promise<HuggingFaceModel> {
  const asked = { folder, pooling, leftOut: [] };
  const found = isSentenceTransformer(folder) ? await readSentenceTransformer(folder, pooling) : asked;
  return openTransformer(found, withWordHead);
}

async function openTransformer(
  { folder, pooling, leftOut: modules }: SentenceTransformer,
  withWordHead: boolean | undefined,
): Promise<HuggingFaceModel> {
  const path = join(folder, CONFIG);
  const read = parseHuggingFaceConfig(await readText(path), path);
  const described = pooling === "mean" ? withMeanPooling(read) : read;
  const isPooled = described.config.variant?.pooling !== "mean";
  const tokenizer = await readTokenizer(folder);
  const files = await weightsFiles(folder);
  return {
    ...described,
    tokenizer,
    read() {
      const tensors: StateDict = new Map(files.flatMap((file) => [...readWeights(file)]));
      const { state, leftOut } = inFile(files[0]!, () =>
        fromHuggingFaceNames(tensors, described.family, { withWordHead }),
      );
      const heads = [...leftOut.filter((name) => !/position_ids$/.test(name)), ...modules];
      if (!isPooled) for (const name of ["hidden.0.weight", "hidden.0.bias"]) state.delete(name);
      return {
        state,
        notes: [
          ...(isPooled ? [] : ["the output layer reads the mean over the tokens"]),
          ...(heads.length === 0
            ? []
            : [`left out, since a classifier has no use for it: ${listNames(heads)}`]),
          ...(!isPooled || state.has("hidden.0.weight")
            ? []
            : ["it comes without the layer before the output; a fresh one is trained"]),
        ],
      };
    },
  };
}

function withMeanPooling({ config, ...rest }: HuggingFaceConfig): HuggingFaceConfig {
  const { variant } = config;
  return { ...rest, config: { ...config, ...(variant && { variant: { ...variant, pooling: "mean" } }) } };
}

async function readTokenizer(folder: string): Promise<Tokenizer> {
  const path = join(folder, TOKENIZER_JSON);
  if (existsSync(path)) return parseTokenizer(await readText(path), path);
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
