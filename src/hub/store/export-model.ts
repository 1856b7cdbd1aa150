import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BertConfig } from "../../bert/config.js";
import { exportOnnx } from "../../bert/export-onnx.js";
import { type Family, toHuggingFaceNames } from "../../bert/hugging-face-names.js";
import { type Answers, labelsOf, taskOf } from "../../data/answers.js";
import { TunebertError } from "../../error.js";
import type { Activation } from "../../nn/activation.js";
import { USUAL_BITS } from "../../onnx/weight-bits.js";
import { TOKENIZER_JSON } from "../../text/subwords/tokenizer-json.js";
import { tokenizerJsonOf } from "../../text/subwords/word-tokenizer-json.js";
import { WordTokenizer } from "../../text/word-tokenizer.js";
import { serializeSafetensors } from "../../weights/safetensors.js";
import { serializeWeights } from "../../weights/serialize-weights.js";
import type { StateDict } from "../../weights/tensor.js";
import { inFile, readText } from "../files/files.js";
import { makeFolder } from "../files/make-folder.js";
import { writeWhole } from "../files/write-whole.js";
import { loadModel, type SavedModel } from "./model-folder.js";

/** Where a model is to be served: by Python's `transformers`, by what reads ONNX, or by the book's own code. */
export const EXPORT_FORMATS = ["transformers", "onnx", "d2l"] as const;
/** One of {@link EXPORT_FORMATS}. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What weights and activations of 8 bits cost a model, as its figure that counts on labelled examples tells. */
export interface QuantizationCost {
  /** Such as `accuracy`; more is better. */
  readonly figure: string;
  /** How many examples it was measured on. */
  readonly examples: number;
  readonly float32: number;
  readonly quantized: number;
}

/** How a model is written for others. */
export interface ExportOptions {
  readonly format: ExportFormat;
  /** The folder that takes the files. */
  readonly out: string;
  /** Whether files that are there are replaced. Default: no. */
  readonly overwrite?: boolean | undefined;
  /**
   * What 8 bits cost, which the card then says. Transformers.js is told to take those weights where that is at most half a point;
   * where it is not known, it is told to take float32.
   */
  readonly cost?: QuantizationCost | undefined;
  /** Bytes of weights beyond which those of ONNX are in a file of their own. Default: 2 GiB, since one file has less. */
  readonly mostBytes?: number | undefined;
}

/**
 * Writes a trained model as others read it: a folder of `transformers` (`config.json`, `model.safetensors`, the tokenizer), one
 * with `onnx/model.onnx` and, of 8 bits, `onnx/model_quantized.onnx` that Transformers.js and ONNX Runtime read, or `vocab.json`
 * and `pretrained.params` as the book has them.
 * @returns the files that were written, below `out`
 * @throws TunebertError when the model has no such form, or a file is there already or cannot be written
 * @example
 * await prepareModelFolder("copy", await loadModel("nli"), { overwrite: true });
 * await saveWeights("copy", (await loadModel("nli")).model);
 * console.log(await exportModel("copy", { format: "onnx", out: "served", overwrite: true }));
 */
export async function exportModel(folder: string, options: ExportOptions): Promise<readonly string[]> {
  const { format, out, overwrite = false } = options;
  const saved = await loadModel(folder, { task: "any" });
  const files = {
    ...inFile(folder, () => WRITERS[format](saved, options)),
    ...(format === "d2l" ? {} : await readme(folder, options)),
  };
  const taken = Object.keys(files).find((name) => existsSync(join(out, name)));
  if (taken !== undefined && !overwrite) {
    throw new TunebertError(
      (named) => `${join(out, taken)} is there already; choose another folder, or pass ${named}`,
      { option: "overwrite" },
    );
  }
  for (const [name, content] of Object.entries(files)) {
    const path = join(out, name);
    await makeFolder(join(path, ".."));
    await writeWhole(path, content);
  }
  return Object.keys(files);
}

/** Half a point: most that 8 bits may cost before float32 is the better choice. Differences of shares are a little off. */
const MOST_COST = 0.005 + 1e-9;

function isWorthIt(cost: QuantizationCost | undefined): boolean {
  return cost !== undefined && cost.float32 - cost.quantized <= MOST_COST;
}

/** The model's card, which also says what 8 bits cost. */
async function readme(folder: string, { format, cost }: ExportOptions): Promise<Files> {
  const path = join(folder, "MODEL_CARD.md");
  const card = existsSync(path) ? await readText(path) : "";
  const parts = [card.trimEnd(), ...(format === "onnx" ? [eightBits(cost)] : [])].filter(
    (part) => part !== "",
  );
  return parts.length === 0 ? {} : { "README.md": `${parts.join("\n\n")}\n` };
}

function eightBits(cost: QuantizationCost | undefined): string {
  const what = `## Weights of 8 bits

\`onnx/model_quantized.onnx\` multiplies bytes: weights of linear layers and tokens in ${USUAL_BITS} bits with a scale for each output, so that
processors without VNNI do not overflow, activations in 8 as they come.`;
  if (cost === undefined)
    return `${what} What that costs has not been measured: \`tunebert export --data FILE\` does.`;
  const { figure, examples, float32, quantized } = cost;
  return `${what}

| on ${examples} labelled examples | float32 | 8 bits |
|---|---|---|
| ${figure} | ${float32.toFixed(4)} | ${quantized.toFixed(4)} |`;
}

type Files = Readonly<Record<string, string | Uint8Array | readonly Uint8Array[]>>;

const WRITERS: Readonly<Record<ExportFormat, (saved: SavedModel<Answers>, options: ExportOptions) => Files>> =
  {
    transformers(saved) {
      const { model } = saved;
      const { variant } = model.config;
      if (variant === undefined) {
        throw new TunebertError(
          "the book's BERT, which normalises no embeddings, is none that transformers has; export it as onnx",
        );
      }
      if (variant.pooling === "mean") {
        throw new TunebertError(
          "its output layer reads the mean over the tokens, and those of transformers the first alone; export it as onnx",
        );
      }
      const family = familyOf(saved);
      const state: StateDict = new Map(
        [...model.parameters].map(([name, { data, shape }]) => [name, { type: "float32", shape, data }]),
      );
      return {
        ...described(saved, family),
        "model.safetensors": serializeSafetensors(toHuggingFaceNames(state, family), { format: "pt" }),
      };
    },
    onnx(saved, { cost, mostBytes }) {
      const files: Record<string, Files[string]> = {};
      const external: Record<string, number> = {};
      for (const [name, bits] of [
        ["model.onnx", undefined],
        ["model_quantized.onnx", USUAL_BITS],
      ] as const) {
        const externalName = `${name}_data`;
        const written = exportOnnx(saved.model, { bits, externalName, mostBytes });
        files[`onnx/${name}`] = written.model;
        if (written.external.length === 0) continue;
        files[`onnx/${externalName}`] = written.external;
        external[name] = 1;
      }
      const family = saved.model.config.variant === undefined ? "bert" : familyOf(saved);
      const choice = {
        dtype: isWorthIt(cost) ? "q8" : "fp32",
        ...(Object.keys(external).length > 0 && { use_external_data_format: external }),
      };
      return { ...described(saved, family, { "transformers.js_config": choice }), ...files };
    },
    d2l({ model, tokenizer }) {
      if (model.config.variant !== undefined || !(tokenizer instanceof WordTokenizer)) {
        throw new TunebertError(
          "it is not the book's BERT, so that the book's code cannot read it; export it for transformers, or as onnx",
        );
      }
      return { ...tokenizer.files(), "pretrained.params": serializeWeights(model.stateDict(), "torch") };
    },
  };

/** What tells the families apart; RoBERTa's and XLM-RoBERTa's models are alike but for their tokenizers. */
function familyOf({ model: { config }, tokenizer }: SavedModel<Answers>): Family {
  const { segments = 2, pooling, firstPosition = 0, dropoutBeforeHidden = false } = config.variant ?? {};
  if (pooling === "gelu") return "electra";
  if (firstPosition > 0 || dropoutBeforeHidden) {
    return tokenizer.files()[TOKENIZER_JSON]?.includes('"type":"Unigram"') ? "xlm-roberta" : "roberta";
  }
  return segments === 0 ? "distilbert" : "bert";
}

/** Everything but the weights. @param more what else `config.json` says */
function described(saved: SavedModel<Answers>, family: Family, more: object = {}): Files {
  const { tokenizer, maxLength } = saved;
  const json =
    tokenizer instanceof WordTokenizer ? tokenizerJsonOf(tokenizer) : tokenizer.files()[TOKENIZER_JSON]!;
  const special = specialTokens(json);
  return {
    "config.json": pretty({ ...configOf(saved, family, special.pad), ...more }),
    [TOKENIZER_JSON]: json,
    "tokenizer_config.json": pretty({
      ...tokenizerClass(saved, json),
      model_max_length: maxLength,
      ...special.named,
      model_input_names: ["input_ids", ...(readsSegments(saved) ? ["token_type_ids"] : []), "attention_mask"],
    }),
  };
}

/**
 * Transformers.js gives segments to tokenizers of some classes alone. Python's class of BERT's name asks here for what `normalizer`
 * says, and puts BERT's own words in place of others: for the book's there is a class that both take from `tokenizer.json`.
 */
function tokenizerClass(saved: SavedModel<Answers>, json: string): Record<string, unknown> {
  if (!readsSegments(saved)) return { tokenizer_class: "PreTrainedTokenizerFast" };
  if (saved.tokenizer instanceof WordTokenizer) return { tokenizer_class: "ConvBertTokenizer" };
  const { normalizer } = JSON.parse(json) as {
    readonly normalizer?: Readonly<Record<string, unknown>> | null;
  };
  return {
    tokenizer_class: "BertTokenizer",
    ...(normalizer && {
      do_lower_case: normalizer.lowercase,
      strip_accents: normalizer.strip_accents,
      tokenize_chinese_chars: normalizer.handle_chinese_chars,
    }),
  };
}

function readsSegments({ model }: SavedModel<Answers>): boolean {
  return (model.config.variant?.segments ?? 2) > 1;
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

const ROLES: Readonly<Record<string, readonly string[]>> = {
  unk_token: ["[UNK]", "<unk>"],
  cls_token: ["[CLS]", "<s>", "<cls>"],
  sep_token: ["[SEP]", "</s>", "<sep>"],
  pad_token: ["[PAD]", "<pad>"],
  mask_token: ["[MASK]", "<mask>"],
};

/** The special tokens that a tokenizer.json has, by their usual names, and the id of padding. */
function specialTokens(json: string): {
  readonly named: Record<string, string>;
  readonly pad: number | undefined;
} {
  const { model, added_tokens = [] } = JSON.parse(json) as {
    readonly model: {
      readonly vocab: Readonly<Record<string, number>> | readonly (readonly [string, number])[];
    };
    readonly added_tokens?: readonly { readonly content: string; readonly id: number }[];
  };
  const { vocab } = model;
  const ids = new Map<string, number>([
    ...(Array.isArray(vocab)
      ? (vocab as readonly (readonly [string, number])[]).map(([token], id): [string, number] => [token, id])
      : Object.entries(vocab as Readonly<Record<string, number>>)),
    ...added_tokens.map(({ content, id }): [string, number] => [content, id]),
  ]);
  const named: Record<string, string> = {};
  for (const [role, names] of Object.entries(ROLES)) {
    const found = names.find((name) => ids.has(name));
    if (found !== undefined) named[role] = found;
  }
  return { named, pad: named.pad_token === undefined ? undefined : ids.get(named.pad_token) };
}

const ACTIVATIONS: Readonly<Record<Activation, string>> = {
  relu: "relu",
  gelu: "gelu",
  "gelu-tanh": "gelu_pytorch_tanh",
};

const CLASSES: Readonly<Record<Family, string>> = {
  bert: "BertForSequenceClassification",
  distilbert: "DistilBertForSequenceClassification",
  roberta: "RobertaForSequenceClassification",
  "xlm-roberta": "XLMRobertaForSequenceClassification",
  electra: "ElectraForSequenceClassification",
};

const PROBLEMS = {
  classification: "single_label_classification",
  "multi-label": "multi_label_classification",
  regression: "regression",
};

function configOf(
  { model }: SavedModel<Answers>,
  family: Family,
  pad: number | undefined,
): Record<string, unknown> {
  const { config, answers } = model;
  const labels = answers === "number" ? ["LABEL_0"] : labelsOf(answers);
  return {
    architectures: [CLASSES[family]],
    model_type: family,
    ...(family === "distilbert" ? distilBertSizes(config) : bertSizes(config)),
    vocab_size: config.vocabularySize,
    ...(pad !== undefined && { pad_token_id: pad }),
    id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    problem_type: PROBLEMS[taskOf(answers)],
    dtype: "float32",
  };
}

function bertSizes({
  hidden,
  ffn,
  heads,
  blocks,
  maxPositions,
  variant,
}: BertConfig): Record<string, unknown> {
  const {
    activation = "relu",
    epsilon = 1e-5,
    segments = 2,
    firstPosition = 0,
    dropout,
    embedding,
  } = variant ?? {};
  return {
    hidden_size: hidden,
    intermediate_size: ffn,
    num_attention_heads: heads,
    num_hidden_layers: blocks,
    max_position_embeddings: maxPositions + firstPosition,
    type_vocab_size: segments,
    hidden_act: ACTIVATIONS[activation],
    layer_norm_eps: epsilon,
    hidden_dropout_prob: dropout?.hidden ?? 0.1,
    attention_probs_dropout_prob: dropout?.attention ?? 0.1,
    classifier_dropout: dropout?.output ?? 0.1,
    ...(embedding !== undefined && { embedding_size: embedding }),
  };
}

function distilBertSizes({
  hidden,
  ffn,
  heads,
  blocks,
  maxPositions,
  variant,
}: BertConfig): Record<string, unknown> {
  const { activation = "gelu", dropout } = variant ?? {};
  return {
    dim: hidden,
    hidden_dim: ffn,
    n_heads: heads,
    n_layers: blocks,
    max_position_embeddings: maxPositions,
    activation: ACTIVATIONS[activation],
    dropout: dropout?.hidden ?? 0.1,
    attention_dropout: dropout?.attention ?? 0.1,
    seq_classif_dropout: dropout?.output ?? 0.2,
  };
}
