import type { Graph, Value } from "../onnx/graph.js";
import { add, erf, mul, relu, tanh } from "../onnx/operators.js";
import type { Network } from "./network.js";

/** The activations of published BERTs: ReLU, and GELU (Hendrycks and Gimpel, 2016) as it is or approximated by tanh. */
export type Activation = "relu" | "gelu" | "gelu-tanh";

/** All of them. */
export const ACTIVATIONS: readonly Activation[] = ["relu", "gelu", "gelu-tanh"];

/** An activation of x, of any shape. */
export function activate({ graph }: Pick<Network, "graph">, name: Activation, x: Value): Value {
  if (name === "relu") return relu(graph, x);
  return name === "gelu" ? gelu(graph, x) : geluByTanh(graph, x);
}

/** x Φ(x) = x/2 · (1 + erf(x/√2)) */
function gelu(graph: Graph, x: Value): Value {
  const twice = add(graph, erf(graph, mul(graph, x, graph.scalar(Math.SQRT1_2))), graph.scalar(1));
  return mul(graph, mul(graph, x, graph.scalar(0.5)), twice);
}

/** x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))) */
function geluByTanh(graph: Graph, x: Value): Value {
  const cube = mul(graph, mul(graph, x, x), x);
  const inner = add(graph, x, mul(graph, cube, graph.scalar(0.044715)));
  const twice = add(
    graph,
    tanh(graph, mul(graph, inner, graph.scalar(Math.sqrt(2 / Math.PI)))),
    graph.scalar(1),
  );
  return mul(graph, mul(graph, x, graph.scalar(0.5)), twice);
}
