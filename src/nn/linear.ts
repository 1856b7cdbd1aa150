import type { Value } from "../onnx/graph.js";
import { gemm } from "../onnx/operators.js";
import type { Network } from "./network.js";

/** x [M, in] W ᵀ + b with `name.weight` [out, in] and `name.bias` [out]: [M, out]. */
export function linear(network: Network, name: string, x: Value, outputs: number): Value {
  const weight = network.parameter(`${name}.weight`, [outputs, x.shape[1]!]);
  const bias = network.parameter(`${name}.bias`, [outputs]);
  return gemm(network.graph, x, weight, { transB: true, c: bias });
}
