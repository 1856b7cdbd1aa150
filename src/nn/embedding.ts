import type { Value } from "../onnx/graph.js";
import { add, gather } from "../onnx/operators.js";
import type { Network } from "./network.js";

/** A table of rows, and how a token finds its own. */
export interface Embedding<Inputs> {
  /** [R, H] */
  readonly table: Value;
  /** Of the inputs of a micro-batch those that say which row each token takes: […]. */
  readonly ids: (inputs: Inputs) => Value;
}

/** The sum of the rows that each token takes from each table: […, H]. */
export function embed<Inputs>(
  { graph }: Network,
  embeddings: readonly Embedding<Inputs>[],
  inputs: Inputs,
): Value {
  return embeddings
    .map(({ table, ids }) => gather(graph, table, ids(inputs)))
    .reduce((sum, rows) => add(graph, sum, rows));
}
