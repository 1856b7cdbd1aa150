import type { Value } from "../onnx/graph.js";
import { add, gather, gemm, split } from "../onnx/operators.js";
import type { Network } from "./network.js";

/** One table [R, H] and, for every token, the row that it takes from it: ids [T, B]. */
export interface Lookup {
  readonly table: Value;
  readonly ids: Value;
}

/** The sum of the rows that each token takes from each table: [T, B, H]. */
export function embed(network: Network, lookups: readonly Lookup[]): Value {
  const { graph } = network;
  return lookups
    .map(({ table, ids }) => gather(graph, table, ids))
    .reduce((sum, rows) => add(graph, sum, rows));
}

/**
 * Linear maps of an embedding, computed on the rows of its tables and looked up afterwards: a linear map of a
 * sum of rows is the sum of the maps of the rows, and a batch has far fewer distinct rows than tokens.
 * @param weight [n·H, H], the weights of n maps stacked; `bias` [n·H]
 * @returns n values [T, B, H]
 */
export function projectEmbedding(
  network: Network,
  lookups: readonly Lookup[],
  weight: Value,
  bias: Value,
  width: number,
): Value[] {
  const { graph } = network;
  const count = (weight.shape[0] as number) / width;
  const sizes = new Array<number>(count).fill(width);
  const parts = lookups.map(({ table, ids }, i) => {
    const projected = gemm(graph, table, weight, { transB: true, ...(i === 0 ? { c: bias } : {}) }); // [R, n·H]
    return split(graph, projected, sizes, 1).map((part) => ({ table: part, ids }));
  });
  return sizes.map((_, i) =>
    embed(
      network,
      parts.map((part) => part[i]!),
    ),
  );
}
