import { type BertConfig, type BertVariant, checkConfig } from "../../bert/config.js";
import { FAMILIES, type Family } from "../../bert/hugging-face-names.js";
import type { Answers } from "../../data/answers.js";
import { TunebertError } from "../../error.js";
import type { Activation } from "../../nn/activation.js";
import * as json from "../../text/json-reader.js";
import { listNames } from "../../text/list-names.js";
import { showJson } from "../../text/show-json.js";
import { inFile } from "../files/files.js";

/** What Hugging Face's config.json says of a model. */
export interface HuggingFaceConfig {
  readonly family: Family;
  readonly config: BertConfig;
  /** What its output layer answers with, where that is told. */
  readonly answers: Answers | undefined;
}

/** Reads the text of a `config.json`. @throws TunebertError, with `path`, when it is not one of a model that we know */
export function parseHuggingFaceConfig(text: string, path: string): HuggingFaceConfig {
  const { model_type, id2label, problem_type } = json.parseJson(text, path, readCommon);
  const family = FAMILIES.find((name) => name === model_type);
  if (family === undefined) {
    throw new TunebertError(
      `${path}: a model of the type ${showJson(model_type)}, which tunebert does not know; it knows ${listNames(FAMILIES)}`,
    );
  }
  const config = json.parseJson(text, path, READERS[family]);
  const labels = labelsOf(id2label ?? undefined);
  return {
    ...{ family, config: inFile(path, () => checkConfig(config)) },
    answers: answersOf(problem_type ?? undefined, labels),
  };
}

const readCommon = json.object({
  model_type: json.string,
  id2label: json.optional(json.nullable(json.record(json.string))),
  problem_type: json.optional(json.nullable(json.string)),
});

/** Of problems that `transformers` knows; the usual one is a single label. */
function answersOf(problem: string | undefined, labels: readonly string[] | undefined): Answers | undefined {
  if (problem === "regression") return "number";
  if (labels === undefined) return undefined;
  if (problem === "multi_label_classification") return { anyOf: labels };
  return labels.length > 1 ? labels : undefined;
}

/** What Hugging Face's libraries call the activations. */
const ACTIVATION_NAMES: Readonly<Record<string, Activation>> = {
  relu: "relu",
  gelu: "gelu",
  gelu_new: "gelu-tanh",
  gelu_pytorch_tanh: "gelu-tanh",
};

const readActivation: json.JsonReader<Activation> = (value, place) => {
  const known = typeof value === "string" ? json.own(ACTIVATION_NAMES, value) : "gelu";
  if (known === undefined) throw json.fault(value, place, listNames(Object.keys(ACTIVATION_NAMES)));
  return known;
};

const readAbsolute: json.JsonReader<unknown> = (value, place) => {
  if (value !== undefined && value !== "absolute") throw json.fault(value, place, '"absolute"');
  return value;
};

const readBert = json.object({
  vocab_size: json.count,
  hidden_size: json.count,
  intermediate_size: json.count,
  num_attention_heads: json.count,
  num_hidden_layers: json.count,
  max_position_embeddings: json.count,
  type_vocab_size: json.optional(json.count),
  layer_norm_eps: json.optional(json.number),
  hidden_act: readActivation,
  position_embedding_type: readAbsolute,
  pad_token_id: json.optional(json.nullable(json.count)),
  hidden_dropout_prob: json.optional(json.properFraction),
  attention_probs_dropout_prob: json.optional(json.properFraction),
  classifier_dropout: json.optional(json.nullable(json.properFraction)),
  embedding_size: json.optional(json.count),
});

const readDistilBert = json.object({
  vocab_size: json.count,
  dim: json.count,
  hidden_dim: json.count,
  n_heads: json.count,
  n_layers: json.count,
  max_position_embeddings: json.count,
  activation: readActivation,
  dropout: json.optional(json.properFraction),
  attention_dropout: json.optional(json.properFraction),
  seq_classif_dropout: json.optional(json.properFraction),
});

/** Of the paper's implementation. */
const EPSILON = 1e-12;
const DROPOUT = 0.1;

const READERS: Readonly<Record<Family, json.JsonReader<BertConfig>>> = {
  bert: (value, place) => asBert(readBert(value, place), { pooling: "tanh" }),
  roberta: readRoberta,
  "xlm-roberta": readRoberta,
  /** Clark et al. (2020): embeddings of a width of their own, and GELU before the output, whatever the activation within. */
  electra(value, place) {
    const found = readBert(value, place);
    const embedding = found.embedding_size ?? 128;
    return asBert(found, { pooling: "gelu", dropoutBeforeHidden: true, embedding });
  },
  /** Sanh et al. (2019): without segments, and with another layer before the output. */
  distilbert(value, place) {
    const found = readDistilBert(value, place);
    return {
      vocabularySize: found.vocab_size,
      hidden: found.dim,
      ffn: found.hidden_dim,
      heads: found.n_heads,
      blocks: found.n_layers,
      maxPositions: found.max_position_embeddings,
      variant: {
        ...{ activation: found.activation, epsilon: EPSILON, segments: 0, pooling: "relu" },
        dropoutAfterAttention: false,
        dropout: {
          hidden: found.dropout ?? DROPOUT,
          attention: found.attention_dropout ?? DROPOUT,
          output: found.seq_classif_dropout ?? 0.2,
        },
      },
    };
  },
};

/** Liu et al. (2019): positions are counted from behind that of padding, which is the padding's id. */
function readRoberta(value: unknown, place: string): BertConfig {
  const found = readBert(value, place);
  const firstPosition = (found.pad_token_id ?? 1) + 1;
  if (found.max_position_embeddings <= firstPosition) {
    throw json.fault(
      found.max_position_embeddings,
      `${place}.max_position_embeddings`,
      `above ${firstPosition}`,
    );
  }
  return asBert(found, { pooling: "tanh", dropoutBeforeHidden: true, firstPosition });
}

function asBert(
  found: ReturnType<typeof readBert>,
  variant: Omit<BertVariant, "activation" | "epsilon" | "segments">,
): BertConfig {
  const hidden = found.hidden_dropout_prob ?? DROPOUT;
  return {
    vocabularySize: found.vocab_size,
    hidden: found.hidden_size,
    ffn: found.intermediate_size,
    heads: found.num_attention_heads,
    blocks: found.num_hidden_layers,
    maxPositions: found.max_position_embeddings - (variant.firstPosition ?? 0),
    variant: {
      activation: found.hidden_act,
      epsilon: found.layer_norm_eps ?? EPSILON,
      segments: found.type_vocab_size ?? 2,
      dropout: {
        hidden,
        attention: found.attention_probs_dropout_prob ?? DROPOUT,
        output: found.classifier_dropout ?? hidden,
      },
      ...variant,
    },
  };
}

/** In the order of the logits: `LABEL_0` is 0, which is how data has it; `undefined` where config.json names none. */
function labelsOf(id2label: Readonly<Record<string, string>> | undefined): readonly string[] | undefined {
  if (!id2label) return undefined;
  const labels = Object.keys(id2label).map((_, i) =>
    json.own(id2label, String(i))?.replace(/^LABEL_(?=\d+$)/, ""),
  );
  const named = labels.filter((label) => label !== undefined);
  return named.length === labels.length && named.length > 0 ? named : undefined;
}
