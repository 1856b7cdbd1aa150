import { TunebertError } from "../error.js";
import type { StateDict, Tensor } from "../weights/tensor.js";

/** Kinds of models, by the `model_type` of Hugging Face's config.json. */
export const FAMILIES = ["bert", "distilbert", "roberta", "xlm-roberta", "electra"] as const;
export type Family = (typeof FAMILIES)[number];

/** A model of Hugging Face's under our names, and what of it a classifier has no use for. */
export interface RenamedModel {
  readonly state: StateDict;
  /** By the file's own names: other heads, and what is no parameter. */
  readonly leftOut: readonly string[];
}

/**
 * A model that Hugging Face's `transformers` saved, under our names: the encoder alone, or within a model with a head, whose
 * names begin with its family's. LayerNorms of old checkpoints have `gamma` and `beta`.
 * @param options `withWordHead`: whether the head of a masked language model is wanted, whose decoder is the token embedding
 * @throws TunebertError when two tensors would have the same name
 */
export function fromHuggingFaceNames(
  found: StateDict,
  family: Family,
  { withWordHead = false }: { readonly withWordHead?: boolean | undefined } = {},
): RenamedModel {
  const state: StateDict = new Map();
  const leftOut: string[] = [];
  for (const [name, tensor] of found) {
    const own = ownName(name, family) ?? (withWordHead ? WORD_HEADS[family]?.[name] : undefined);
    if (own === undefined) {
      leftOut.push(name);
      continue;
    }
    if (state.has(own))
      throw new TunebertError(`the weights have two tensors for ${own}, one of them ${name}`);
    state.set(own, own === "encoder.pos_embedding" ? withBatchAxis(tensor) : tensor);
  }
  return { state, leftOut };
}

function wordHead(transform: string, norm: string, bias: string): Readonly<Record<string, string>> {
  return {
    [`${transform}.weight`]: "mlm.mlp.0.weight",
    [`${transform}.bias`]: "mlm.mlp.0.bias",
    [`${norm}.weight`]: "mlm.mlp.2.weight",
    [`${norm}.bias`]: "mlm.mlp.2.bias",
    [`${norm}.gamma`]: "mlm.mlp.2.weight",
    [`${norm}.beta`]: "mlm.mlp.2.bias",
    [bias]: "mlm.mlp.3.bias",
  };
}

const ROBERTA_WORD_HEAD = wordHead("lm_head.dense", "lm_head.layer_norm", "lm_head.bias");

/** The heads of masked language models, by the names of their tensors. */
const WORD_HEADS: Readonly<Partial<Record<Family, Readonly<Record<string, string>>>>> = {
  bert: wordHead(
    "cls.predictions.transform.dense",
    "cls.predictions.transform.LayerNorm",
    "cls.predictions.bias",
  ),
  roberta: ROBERTA_WORD_HEAD,
  "xlm-roberta": ROBERTA_WORD_HEAD,
  distilbert: wordHead("vocab_transform", "vocab_layer_norm", "vocab_projector.bias"),
};

/** A classifier's tensors under the names of its family: what {@link fromHuggingFaceNames} reads, sorted by name. */
export function toHuggingFaceNames(state: StateDict, family: Family): StateDict {
  const named = [...state].map(([name, tensor]): [string, Tensor] => [
    theirName(name, family),
    name === "encoder.pos_embedding" ? { ...tensor, shape: tensor.shape.slice(1) } : tensor,
  ]);
  return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Modules in ours. */
interface Names {
  /** What begins the names of a model with a head. */
  readonly prefix: string;
  readonly modules: Readonly<Record<string, string>>;
  /** What the modules of a layer, which follow its number, begin with. */
  readonly layer: string;
  /** In those of a block. */
  readonly layerModules: Readonly<Record<string, string>>;
}

const BERT_EMBEDDINGS = {
  "embeddings.word_embeddings": "encoder.token_embedding",
  "embeddings.token_type_embeddings": "encoder.segment_embedding",
  "embeddings.LayerNorm": "encoder.embedding_norm",
};

const BERT_LAYERS = {
  layer: "encoder.layer",
  layerModules: {
    "attention.self.query": "attention.W_q",
    "attention.self.key": "attention.W_k",
    "attention.self.value": "attention.W_v",
    "attention.output.dense": "attention.W_o",
    "attention.output.LayerNorm": "addnorm1.ln",
    "intermediate.dense": "ffn.dense1",
    "output.dense": "ffn.dense2",
    "output.LayerNorm": "addnorm2.ln",
  },
};

const TWO_LAYER_HEAD = { "classifier.dense": "hidden.0", "classifier.out_proj": "output" };

const ROBERTA: Names = {
  prefix: "roberta",
  modules: { ...BERT_EMBEDDINGS, ...TWO_LAYER_HEAD },
  ...BERT_LAYERS,
};

const NAMES: Readonly<Record<Family, Names>> = {
  bert: {
    prefix: "bert",
    modules: { ...BERT_EMBEDDINGS, "pooler.dense": "hidden.0", classifier: "output" },
    ...BERT_LAYERS,
  },
  roberta: ROBERTA,
  "xlm-roberta": ROBERTA,
  electra: {
    prefix: "electra",
    modules: {
      ...BERT_EMBEDDINGS,
      embeddings_project: "encoder.embedding_projection",
      ...TWO_LAYER_HEAD,
    },
    ...BERT_LAYERS,
  },
  distilbert: {
    prefix: "distilbert",
    modules: {
      "embeddings.word_embeddings": "encoder.token_embedding",
      "embeddings.LayerNorm": "encoder.embedding_norm",
      pre_classifier: "hidden.0",
      classifier: "output",
    },
    layer: "transformer.layer",
    layerModules: {
      "attention.q_lin": "attention.W_q",
      "attention.k_lin": "attention.W_k",
      "attention.v_lin": "attention.W_v",
      "attention.out_lin": "attention.W_o",
      sa_layer_norm: "addnorm1.ln",
      "ffn.lin1": "ffn.dense1",
      "ffn.lin2": "ffn.dense2",
      output_layer_norm: "addnorm2.ln",
    },
  },
};

const PARAMETERS: Readonly<Record<string, string>> = { gamma: "weight", beta: "bias" };

/** The modules of a head stand beside the encoder, not in it. */
const HEAD = /^(pre_)?classifier\b/;

function theirName(name: string, family: Family): string {
  const { prefix, modules, layer, layerModules } = NAMES[family];
  if (name === "encoder.pos_embedding") return `${prefix}.embeddings.position_embeddings.weight`;
  const { module = "", parameter = "" } = /^(?<module>.*)\.(?<parameter>\w+)$/.exec(name)?.groups ?? {};
  const { index, rest = "" } = /^encoder\.blks\.(?<index>\d+)\.(?<rest>.*)$/.exec(module)?.groups ?? {};
  const theirs = index === undefined ? inverse(modules, module) : inverse(layerModules, rest);
  if (theirs === undefined) throw new TunebertError(`a model of the type ${family} has no tensor ${name}`);
  const plain = index === undefined ? `${theirs}.${parameter}` : `${layer}.${index}.${theirs}.${parameter}`;
  return HEAD.test(plain) ? plain : `${prefix}.${plain}`;
}

function inverse(names: Readonly<Record<string, string>>, value: string): string | undefined {
  return Object.keys(names).find((name) => names[name] === value);
}

/** `undefined` of what a classifier does not have. */
function ownName(name: string, family: Family): string | undefined {
  const { prefix, modules, layer, layerModules } = NAMES[family];
  const plain = name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : name;
  if (plain === "embeddings.position_embeddings.weight") return "encoder.pos_embedding";
  const { module = "", parameter = "" } = /^(?<module>.*)\.(?<parameter>\w+)$/.exec(plain)?.groups ?? {};
  const own = member(PARAMETERS, parameter) ?? parameter;
  const known = member(modules, module);
  if (known !== undefined) return `${known}.${own}`;
  if (!module.startsWith(`${layer}.`)) return undefined;
  const { index, rest = "" } =
    /^(?<index>\d{1,4})\.(?<rest>.*)$/.exec(module.slice(layer.length + 1))?.groups ?? {};
  const layerModule = member(layerModules, rest);
  return layerModule === undefined ? undefined : `encoder.blks.${index}.${layerModule}.${own}`;
}

/** Not what every object inherits. */
function member(names: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

/** [P, H] as [1, P, H], the shape that d2l's has. */
function withBatchAxis(tensor: Tensor): Tensor {
  return { ...tensor, shape: [1, ...tensor.shape] };
}
