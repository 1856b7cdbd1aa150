import type { Value } from "../onnx/graph.js";
import { layerNormalization } from "../onnx/operators.js";
import type { Network } from "./network.js";

/** Layer normalisation (Ba et al., 2016) of the rows of x [M, H] with `name.weight` and `name.bias` [H]. */
export function layerNorm(network: Network, name: string, x: Value, epsilon = 1e-5): Value {
  const width = x.shape[1]!;
  const weight = network.parameter(`${name}.weight`, [width]);
  const bias = network.parameter(`${name}.bias`, [width]);
  return layerNormalization(network.graph, x, weight, bias, epsilon)[0]!;
}
