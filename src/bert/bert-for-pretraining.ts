import { TunebertError } from "../error.js";
import type { Random } from "../random.js";
import type { SharedParameter } from "../runtime/program.js";
import { allocateFloats } from "../runtime/shared-memory.js";
import { type StateDict, type Tensor, toFloat32 } from "../weights/tensor.js";
import { type BertConfig, checkConfig } from "./config.js";
import type { EmbeddingStd } from "./encoder.js";
import { type PretrainingHeads, pretrainingParameters } from "./pretraining-program.js";

/**
 * BERT with the heads that it is pretrained with: a masked language model and next-sentence prediction (d2l section 15.8,
 * `BERTModel`). Parameters bear d2l's state-dict names and live in memory that worker threads share.
 * @example
 * const sizes = { vocabularySize: 1000, hidden: 64, ffn: 128, heads: 2, blocks: 2, maxPositions: 64 };
 * const model = BertForPretraining.fromScratch(sizes, { tiedDecoder: false, nextSentence: true }, new Random(0));
 * console.log(model.stateDict().get("mlm.mlp.3.weight")?.shape); // [ 1000, 64 ]
 */
export class BertForPretraining {
  /** The sizes of the encoder. */
  readonly config: BertConfig;
  /** What is put on it. */
  readonly heads: PretrainingHeads;
  /** Values by name, in the order of a PyTorch state dict; training changes them in place. */
  readonly parameters: ReadonlyMap<string, SharedParameter>;
  /** Tensors of the checkpoint that pretraining leaves alone, kept as they came. */
  readonly unused: StateDict;
  /** The names of parameters that no checkpoint brought. */
  readonly fresh: readonly string[];

  private constructor(
    config: BertConfig,
    heads: PretrainingHeads,
    parameters: ReadonlyMap<string, SharedParameter>,
    unused: StateDict,
    fresh: readonly string[],
  ) {
    this.config = config;
    this.heads = heads;
    this.parameters = parameters;
    this.unused = unused;
    this.fresh = fresh;
  }

  /**
   * A model with fresh parameters, drawn as PyTorch's layers draw theirs.
   * @param std standard deviations of the embeddings
   * @throws TunebertError that names a size that is not possible
   */
  static fromScratch(
    config: BertConfig,
    heads: PretrainingHeads,
    random: Random,
    std: EmbeddingStd = {},
  ): BertForPretraining {
    return BertForPretraining.#from(config, heads, new Map(), random, std);
  }

  /**
   * A model over pretrained parameters; heads that are not among them are fresh.
   * @param state tensors by d2l's names; those that are no part of the model are kept aside
   * @throws TunebertError that names a tensor of the encoder that is missing, or one of another shape
   */
  static fromStateDict(
    config: BertConfig,
    heads: PretrainingHeads,
    state: StateDict,
    random: Random,
  ): BertForPretraining {
    return BertForPretraining.#from(config, heads, state, random, {});
  }

  static #from(
    config: BertConfig,
    heads: PretrainingHeads,
    state: StateDict,
    random: Random,
    std: EmbeddingStd,
  ): BertForPretraining {
    const declared = pretrainingParameters(checkConfig(config), heads, std);
    const parameters = new Map<string, SharedParameter>();
    const fresh: string[] = [];
    for (const [name, { shape, initialise }] of declared) {
      const data = allocateFloats(shape.reduce((product, dim) => product * dim, 1));
      const found = state.get(name);
      if (found) data.set(valuesOf(found, name, shape));
      else if (state.size > 0 && name.startsWith("encoder.")) throw missing(name, shape);
      else {
        fresh.push(name);
        initialise(data, random);
      }
      parameters.set(name, { data, shape });
    }
    const unused: StateDict = new Map([...state].filter(([name]) => !declared.has(name)));
    return new BertForPretraining(config, heads, parameters, unused, fresh);
  }

  /** All tensors, those that pretraining leaves alone included. */
  stateDict(): StateDict {
    const state: StateDict = new Map();
    for (const [name, { data, shape }] of this.parameters) state.set(name, { type: "float32", shape, data });
    for (const [name, tensor] of this.unused) state.set(name, tensor);
    return state;
  }
}

function valuesOf(tensor: Tensor, name: string, shape: readonly number[]): Float32Array {
  if (tensor.shape.join() !== shape.join()) {
    throw new TunebertError(
      `the weights do not fit the model: ${name}: expected [${shape.join(", ")}], found [${tensor.shape.join(", ")}]`,
    );
  }
  return toFloat32(tensor, name);
}

function missing(name: string, shape: readonly number[]): TunebertError {
  return new TunebertError(
    `the weights do not fit the model: ${name}: expected [${shape.join(", ")}], not found`,
  );
}
