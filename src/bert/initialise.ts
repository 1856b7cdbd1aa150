import type { Random } from "../random.js";
import type { SharedParameter } from "../runtime/program.js";
import { allocateFloats } from "../runtime/shared-memory.js";

/** Standard deviations of fresh embeddings. */
export interface EmbeddingStd {
  /** Default 1, as in PyTorch. */
  readonly embeddingStd?: number | undefined;
  /** Of the position embedding; default: as the others. */
  readonly positionStd?: number | undefined;
}

/**
 * Fresh values for parameters by name and shape, as PyTorch's layers initialise themselves: embeddings normal,
 * LayerNorm 1 and 0, weights and biases of a linear layer uniform within ±1/√inputs.
 */
export function initialise(
  shapes: ReadonlyMap<string, readonly number[]>,
  random: Random,
  std: EmbeddingStd,
): Map<string, SharedParameter> {
  return new Map(
    [...shapes].map(([name, shape]) => {
      const data = allocateFloats(shape.reduce((product, dim) => product * dim, 1));
      fill(data, name, shapes, random, std);
      return [name, { data, shape }];
    }),
  );
}

function fill(
  data: Float32Array,
  name: string,
  shapes: ReadonlyMap<string, readonly number[]>,
  random: Random,
  { embeddingStd = 1, positionStd = embeddingStd }: EmbeddingStd,
): void {
  if (name.includes("embedding")) {
    const std = name.endsWith("pos_embedding") ? positionStd : embeddingStd;
    for (let i = 0; i < data.length; i++) data[i] = std * random.normal();
  } else if (name.includes(".ln.")) {
    data.fill(name.endsWith(".weight") ? 1 : 0);
  } else {
    const inputs = shapes.get(name.replace(/bias$/, "weight"))![1]!;
    const bound = 1 / Math.sqrt(inputs);
    for (let i = 0; i < data.length; i++) data[i] = bound * (2 * random.uniform() - 1);
  }
}
