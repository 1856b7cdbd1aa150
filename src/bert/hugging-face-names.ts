import { TunebertError } from "../error.js";
import type { StateDict, Tensor } from "../weights/tensor.js";

/** A BERT of Hugging Face's under our names, and what of it a classifier has no use for. */
export interface RenamedBert {
  readonly state: StateDict;
  /** By the file's own names: other heads, and what is no parameter. */
  readonly leftOut: readonly string[];
}

/**
 * A BERT that Hugging Face's `transformers` saved, under our names: `BertModel`, alone or within a model with a head, whose
 * names begin with `bert.`. LayerNorms of old checkpoints have `gamma` and `beta`.
 * @throws TunebertError when two tensors would have the same name
 */
export function fromHuggingFaceNames(found: StateDict): RenamedBert {
  const state: StateDict = new Map();
  const leftOut: string[] = [];
  for (const [name, tensor] of found) {
    const own = ownName(name);
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

/** Modules of `BertModel`, and of a classifier over it, in ours. */
const MODULES: ReadonlyMap<string, string> = new Map([
  ["embeddings.word_embeddings", "encoder.token_embedding"],
  ["embeddings.token_type_embeddings", "encoder.segment_embedding"],
  ["embeddings.LayerNorm", "encoder.embedding_norm"],
  ["pooler.dense", "hidden.0"],
  ["classifier", "output"],
]);

/** Modules of a layer, in those of a block. */
const LAYER_MODULES: ReadonlyMap<string, string> = new Map([
  ["attention.self.query", "attention.W_q"],
  ["attention.self.key", "attention.W_k"],
  ["attention.self.value", "attention.W_v"],
  ["attention.output.dense", "attention.W_o"],
  ["attention.output.LayerNorm", "addnorm1.ln"],
  ["intermediate.dense", "ffn.dense1"],
  ["output.dense", "ffn.dense2"],
  ["output.LayerNorm", "addnorm2.ln"],
]);

const PARAMETERS: ReadonlyMap<string, string> = new Map([
  ["gamma", "weight"],
  ["beta", "bias"],
]);

/** `undefined` of what a classifier does not have. */
function ownName(name: string): string | undefined {
  const plain = name.startsWith("bert.") ? name.slice("bert.".length) : name;
  if (plain === "embeddings.position_embeddings.weight") return "encoder.pos_embedding";
  const { module = "", parameter = "" } = /^(?<module>.*)\.(?<parameter>\w+)$/.exec(plain)?.groups ?? {};
  const own = PARAMETERS.get(parameter) ?? parameter;
  const known = MODULES.get(module);
  if (known !== undefined) return `${known}.${own}`;
  const { index, rest = "" } = /^encoder\.layer\.(?<index>\d{1,4})\.(?<rest>.*)$/.exec(module)?.groups ?? {};
  const layerModule = LAYER_MODULES.get(rest);
  return layerModule === undefined ? undefined : `encoder.blks.${index}.${layerModule}.${own}`;
}

/** [P, H] as [1, P, H], the shape that d2l's has. */
function withBatchAxis(tensor: Tensor): Tensor {
  return { ...tensor, shape: [1, ...tensor.shape] };
}
