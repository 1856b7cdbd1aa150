import type { Value } from "../onnx/graph.js";
import { add, gather, gemm, split } from "../onnx/operators.js";
import type { Network } from "./network.js";

/** The sum of the rows that each token takes from each table [R, H] by its ids […]: […, H]. */
export function embed(network: Network, tables: readonly Value[], ids: readonly Value[]): Value {
  const { graph } = network;
  return tables.map((table, i) => gather(graph, table, ids[i]!)).reduce((sum, rows) => add(graph, sum, rows));
}

/**
 * Linear maps of the tables of an embedding: a linear map of a sum of rows is the sum of the maps of the rows, and
 * a batch has far fewer distinct rows than tokens.
 * @param weight [n·H, H], the weights of n maps stacked; `bias` [n·H]
 * @returns for each of the n maps, the tables [R, H] to {@link embed} with the same ids
 */
export function projectTables(
  network: Network,
  tables: readonly Value[],
  weight: Value,
  bias: Value,
  width: number,
): Value[][] {
  const { graph } = network;
  const count = (weight.shape[0] as number) / width;
  const sizes = new Array<number>(count).fill(width);
  const parts = tables.map((table, i) => {
    const projected = gemm(graph, table, weight, { transB: true, ...(i === 0 ? { c: bias } : {}) }); // [R, n·H]
    return split(graph, projected, sizes, 1);
  });
  return sizes.map((_, i) => parts.map((part) => part[i]!));
}
