import { elementCount, type Value } from "../onnx/graph.js";
import { add, cast, gather, matrixOfKnownWidth, mul, reshape } from "../onnx/operators.js";
import { type Dim, product } from "../onnx/shape.js";
import type { Network } from "./network.js";
import type { Layout } from "./padding.js";

/**
 * Rows of several heads side by side, cut into one row per head, so that a head of many tokens can be gathered
 * without a pass over memory of its own.
 */
export interface HeadRows {
  /** [R·n, D]: row r of n heads is rows r·n to r·n + n - 1 here */
  readonly rows: Value;
  /** n, heads in a row; several times N when x holds several projections */
  readonly perRow: number;
}

/** Cuts x [R, n·D] into heads of D numbers each. */
export function cutHeads({ graph }: Network, x: Value, depth: number): HeadRows {
  const [count, width] = matrixOfKnownWidth(x, "cutHeads");
  const perRow = width / depth;
  return { rows: reshape(graph, x, [product([count, perRow]), depth]), perRow };
}

/**
 * The heads from `first` on of chosen rows.
 * @param rowAt int32 [B, T]: for each place, which row
 * @returns [N, B, T, D] for `heads` heads
 */
export function gatherHeads(
  { graph }: Network,
  { rows, perRow }: HeadRows,
  rowAt: Value,
  first: number,
  heads: number,
): Value {
  const starts = mul(graph, cast(graph, rowAt, "int64"), graph.integers([perRow])); // [B, T]
  const offsets = graph.integers(Array.from({ length: heads }, (_, head) => first + head));
  return gather(graph, rows, add(graph, starts, reshape(graph, offsets, [heads, 1, 1])));
}

/** x [N, B, T, D] as the M tokens alone, their heads side by side: [M, H]. */
export function joinHeads({ graph }: Network, x: Value, { placeOf }: Layout): Value {
  const [heads, batch, length, depth] = x.shape as [number, Dim, Dim, number];
  const tokens = elementCount(placeOf);
  const places = product([batch, length]);
  const rows = reshape(graph, x, [product([heads, places]), depth]);
  const order = graph.integers(Array.from({ length: heads }, (_, head) => head));
  const starts = mul(graph, order, graph.shapeTensor([places], false)); // [N]
  const place = reshape(graph, cast(graph, placeOf, "int64"), [tokens, 1]);
  return reshape(graph, gather(graph, rows, add(graph, place, starts)), [tokens, heads * depth]);
}
