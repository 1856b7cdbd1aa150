import { TunebertError } from "../error.js";
import type { Graph, Node, Value } from "../onnx/graph.js";
import { scatterAdd, sum } from "../onnx/operators.js";
import { sameShape, showShape } from "../onnx/shape.js";
import { gradientRules } from "./rules.js";

/**
 * Extends the graph by the gradients of a scalar loss: reverse-mode differentiation, one rule per operator.
 * @param loss a float32 value without dimensions
 * @param wrt the values to differentiate with respect to, usually parameters
 * @returns the gradient of each value in `wrt`, of its shape
 * @throws TunebertError where an operator on the way has no gradient rule, or where the loss does not depend
 *   on a value in `wrt`
 */
export function backward(graph: Graph, loss: Value, wrt: readonly Value[]): Map<Value, Value> {
  if (loss.shape.length > 0) {
    throw new TunebertError(
      `the loss has shape ${showShape(loss.shape)}; only a scalar can be differentiated`,
    );
  }
  const forward = [...graph.nodes];
  const varying = dependents(forward, wrt);
  const gradients = new Map<Value, Value>([[loss, graph.scalar(1)]]);
  for (const node of forward.reverse()) {
    const outputGradients = node.outputs.map((output) => gradients.get(output));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    if (!node.inputs.some((input) => varying.has(input))) continue;
    const inputGradients = applyRule(graph, node, outputGradients);
    node.inputs.forEach((input, i) => {
      const gradient = inputGradients[i];
      if (gradient && varying.has(input)) accumulate(graph, gradients, input, gradient);
    });
  }
  return new Map(wrt.map((value) => [value, gradientOf(value, gradients)]));
}

/** The values in `wrt` and everything computed from them. */
function dependents(nodes: readonly Node[], wrt: readonly Value[]): Set<Value> {
  const varying = new Set(wrt);
  for (const node of nodes) {
    if (node.inputs.some((input) => varying.has(input)))
      for (const output of node.outputs) varying.add(output);
  }
  return varying;
}

function applyRule(graph: Graph, node: Node, outputGradients: (Value | undefined)[]): (Value | undefined)[] {
  const rule = gradientRules[node.operator];
  if (!rule) {
    throw new TunebertError(
      `the operator ${node.operator} (which yields ${node.outputs.map(({ name }) => name).join(", ")}) has no gradient rule; ` +
        "add one to autodiff/rules.ts, or keep what is trained from passing through it",
    );
  }
  return rule(graph, node, outputGradients);
}

function accumulate(graph: Graph, gradients: Map<Value, Value>, value: Value, gradient: Value): void {
  if (!sameShape(gradient.shape, value.shape)) {
    throw new TunebertError(
      `the gradient of ${value.name} has shape ${showShape(gradient.shape)}, expected ${showShape(value.shape)}`,
    );
  }
  const before = gradients.get(value);
  gradients.set(value, before ? added(graph, before, gradient) : gradient);
}

/** What was scattered into zeros is scattered into what is there instead. */
function added(graph: Graph, before: Value, gradient: Value): Value {
  const last = graph.nodes.at(-1);
  const [, ids, updates] = last?.inputs ?? [];
  const scattered = last?.operator === "ScatterND" && last.outputs[0] === gradient;
  return scattered && ids && updates ? scatterAdd(graph, before, ids, updates) : sum(graph, before, gradient);
}

function gradientOf(value: Value, gradients: Map<Value, Value>): Value {
  const gradient = gradients.get(value);
  if (!gradient) throw new TunebertError(`the loss does not depend on ${value.name}`);
  return gradient;
}
