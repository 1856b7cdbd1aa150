import type { Value } from "../onnx/graph.js";
import { gather } from "../onnx/operators.js";
import type { Network } from "./network.js";

/**
 * A micro-batch of B sequences, either as its M tokens alone, the first ones of all sequences, then the second ones, and
 * so on, or, as attention wants it, padded to the longest: [B, T]. Numbers of padding have no influence on the tokens,
 * whatever they are.
 */
export interface Layout {
  /** int32 [B, T]: for each place of the padded layout, which token stands there; any at padding */
  readonly tokenAt: Value;
  /** int32 [M]: for each token, its place in the padded layout, b · T + t */
  readonly placeOf: Value;
  /** [B, 1, T], added to attention scores: 0 at tokens, a large negative number at padding */
  readonly mask: Value;
}

/** x [M, …] in the padded layout: [B, T, …]. */
export function pad({ graph }: Network, x: Value, { tokenAt }: Layout): Value {
  return gather(graph, x, tokenAt);
}
