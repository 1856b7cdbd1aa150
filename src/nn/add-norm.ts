import type { Value } from "../onnx/graph.js";
import { add } from "../onnx/operators.js";
import { dropout } from "./dropout.js";
import { layerNorm } from "./layer-norm.js";
import type { Network } from "./network.js";

/** LayerNorm(dropout(y) + x), the post-norm residual connection of d2l section 11.7; x and y [M, H]. */
export function addNorm(network: Network, name: string, x: Value, y: Value): Value {
  return layerNorm(network, `${name}.ln`, add(network.graph, dropout(network, y), x));
}
