import type { Value } from "../onnx/graph.js";
import { add, gather } from "../onnx/operators.js";
import type { Network } from "./network.js";

/** The sum of the rows that each token takes from each table [R, H] by its ids […]: […, H]. */
export function embed({ graph }: Network, tables: readonly Value[], ids: readonly Value[]): Value {
  return tables.map((table, i) => gather(graph, table, ids[i]!)).reduce((sum, rows) => add(graph, sum, rows));
}
