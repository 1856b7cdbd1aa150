import type { Value } from "../onnx/graph.js";
import { mul } from "../onnx/operators.js";
import type { Network } from "./network.js";

/** Inverted dropout with the network's probability; the identity when that is 0. Any shape. */
export function dropout(network: Network, x: Value): Value {
  return network.dropout === 0 ? x : mul(network.graph, x, network.mask(x.shape));
}
