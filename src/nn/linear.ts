import type { Value } from "../onnx/graph.js";
import { gemm, matrixOfKnownWidth } from "../onnx/operators.js";
import { uniformOverInputs } from "./initialise.js";
import type { Network } from "./network.js";

/** x [M, in] W ᵀ + b with `name.weight` [out, in] and `name.bias` [out]: [M, out]. */
export function linear(network: Network, name: string, x: Value, outputs: number): Value {
  const [, inputs] = matrixOfKnownWidth(x, name);
  declareLinear(network, name, inputs, outputs);
  const weight = network.parameter(`${name}.weight`);
  const bias = network.parameter(`${name}.bias`);
  return gemm(network.graph, x, weight, { transB: true, c: bias });
}

/** The parameters of {@link linear}, which start as PyTorch's do. */
export function declareLinear(network: Network, name: string, inputs: number, outputs: number): void {
  const initialise = uniformOverInputs(inputs);
  network.declare(`${name}.weight`, [outputs, inputs], initialise, { decays: true });
  network.declare(`${name}.bias`, [outputs], initialise, { decays: false });
}
