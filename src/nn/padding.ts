import type { Value } from "../onnx/graph.js";
import { gather, reshape } from "../onnx/operators.js";
import { type Dim, product } from "../onnx/shape.js";
import type { Network } from "./network.js";

/**
 * A micro-batch of B sequences, laid out time-major: padded to the longest, [T, B], as attention wants it, or as the
 * M tokens alone, as everything else does. Numbers of padding have no influence on the tokens, whatever they are.
 */
export interface Layout {
  /** int32 [T, B]: for each place of the padded layout, which token stands there; any at padding */
  readonly tokenAt: Value;
  /** int32 [M]: for each token, its place in the padded layout */
  readonly placeOf: Value;
  /** [B, 1, 1, T], added to attention scores: 0 at tokens, a large negative number at padding */
  readonly mask: Value;
}

/** x [M, …] in the padded layout: [T, B, …]. */
export function pad({ graph }: Network, x: Value, { tokenAt }: Layout): Value {
  return gather(graph, x, tokenAt);
}

/** x [T, B, …] without its padding: [M, H], H being the number of elements that a token has. */
export function unpad({ graph }: Network, x: Value, { placeOf }: Layout): Value {
  const [length, batch, ...rest] = x.shape as [Dim, Dim, ...Dim[]];
  return gather(graph, reshape(graph, x, [product([length, batch]), product(rest)]), placeOf);
}
