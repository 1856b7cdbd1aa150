import type { Value } from "../onnx/graph.js";
import { layerNormalization, matrixOfKnownWidth } from "../onnx/operators.js";
import { constant } from "./initialise.js";
import type { Network } from "./network.js";

/** Layer normalisation (Ba et al., 2016) of the rows of x [M, H] with `name.weight` and `name.bias` [H]. */
export function layerNorm(network: Network, name: string, x: Value, epsilon = 1e-5): Value {
  const [, width] = matrixOfKnownWidth(x, name);
  network.declare(`${name}.weight`, [width], constant(1), { decays: false });
  network.declare(`${name}.bias`, [width], constant(0), { decays: false });
  const [weight, bias] = [network.parameter(`${name}.weight`), network.parameter(`${name}.bias`)];
  return layerNormalization(network.graph, x, weight, bias, epsilon)[0];
}
