import { TunebertError } from "../error.js";
import type { StateDict } from "../weights/tensor.js";
import type { BertConfig } from "./config.js";

/** Width of a head in all BERT models of the paper (Devlin et al., 2019) and in d2l's two. */
const USUAL_HEAD_WIDTH = 64;

/**
 * Reads the sizes of an encoder off a state dict with d2l's names. The number of heads leaves no trace in the
 * weights: it is `heads`, or H / 64 where not given.
 * @throws TunebertError when a tensor that tells a size is missing or has another number of dimensions
 */
export function inferConfig(state: StateDict, heads?: number): BertConfig {
  const [vocabularySize, hidden] = dims(state, "encoder.token_embedding.weight", 2);
  const [, maxPositions] = dims(state, "encoder.pos_embedding", 3);
  const [ffn] = dims(state, "encoder.blks.0.ffn.dense1.weight", 2);
  const indices = [...state.keys()].map((name) => /^encoder\.blks\.(\d{1,4})\./.exec(name)?.[1]);
  const blocks = 1 + indices.reduce((max, index) => Math.max(max, Number(index ?? 0)), 0);
  return {
    vocabularySize: vocabularySize!,
    hidden: hidden!,
    ffn: ffn!,
    heads: heads ?? usualHeads(hidden!),
    blocks,
    maxPositions: maxPositions!,
  };
}

function dims(state: StateDict, name: string, rank: number): readonly number[] {
  const shape = state.get(name)?.shape;
  if (!shape) {
    const found = [...state.keys()].slice(0, 5).join(", ");
    throw new TunebertError(
      `the weights hold no ${name}, so they are not a BERT as d2l saves it; found: ${found} …`,
    );
  }
  if (shape.length !== rank) {
    throw new TunebertError(`${name} has shape [${shape.join(", ")}]; expected ${rank} dimensions`);
  }
  return shape;
}

function usualHeads(hidden: number): number {
  if (hidden % USUAL_HEAD_WIDTH === 0) return hidden / USUAL_HEAD_WIDTH;
  throw new TunebertError(
    (heads) =>
      `the weights do not tell how many attention heads the model has; give their number as ${heads}, a divisor of ${hidden}`,
    { option: "heads" },
  );
}
