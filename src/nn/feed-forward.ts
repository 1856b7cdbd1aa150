import type { Value } from "../onnx/graph.js";
import { relu } from "../onnx/operators.js";
import { linear } from "./linear.js";
import type { Network } from "./network.js";

/** Position-wise feed-forward network: Linear H → F, ReLU, Linear F → H; x [M, H]. */
export function feedForward(network: Network, name: string, x: Value, hidden: number, ffn: number): Value {
  const inner = relu(network.graph, linear(network, `${name}.dense1`, x, ffn)); // [M, F]
  return linear(network, `${name}.dense2`, inner, hidden);
}
