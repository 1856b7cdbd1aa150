import { backward } from "../../src/autodiff/backward.js";
import { constant } from "../../src/nn/initialise.js";
import { Network } from "../../src/nn/network.js";
import type { Value } from "../../src/onnx/graph.js";
import { mul, reduceSum } from "../../src/onnx/operators.js";
import type { Dim } from "../../src/onnx/shape.js";
import { Random } from "../../src/random.js";
import { type Feed, resolveShape } from "../../src/runtime/program.js";
import { evaluate } from "./evaluate.js";

export interface NetworkRun {
  readonly dropout?: number;
  /** Sizes behind the symbols in shapes. */
  readonly symbols: Record<string, number>;
  /** Inputs by name; parameters that are not given are drawn by their name, so that two networks share them. */
  readonly feeds: Record<string, Feed>;
}

/**
 * The output of a network, and the gradients of a fixed weighted sum of it: for each parameter, and for inputs
 * that `build` returns besides the output.
 */
export async function runNetwork(
  build: (network: Network) => { output: Value; inputs?: Value[] },
  { dropout = 0, symbols, feeds }: NetworkRun,
): Promise<{ output: Float32Array; gradients: Record<string, Float32Array> }> {
  const network = new Network(dropout);
  const { output, inputs = [] } = build(network);
  const { graph } = network;
  const weights = graph.input("output_weights", "float32", output.shape);
  const axes = output.shape.map((_, axis) => axis);
  const loss = reduceSum(graph, mul(graph, output, weights), axes, false);
  const wrt = [...network.inputs.map(({ value }) => value), ...inputs];
  const gradients = backward(graph, loss, wrt);
  const outputs = Object.fromEntries(wrt.map((value) => [`gradient.${value.name}`, gradients.get(value)!]));

  const allFeeds: Record<string, Feed> = {
    ...feeds,
    output_weights: uniformFeed("output_weights", output.shape, symbols),
  };
  for (const { value } of network.inputs) {
    allFeeds[value.name] ??= uniformFeed(value.name, value.shape, symbols);
  }
  const { output: result, ...rest } = await evaluate(graph, { output, ...outputs }, allFeeds);
  const byName = Object.entries(rest).map(([name, gradient]) => [name.slice("gradient.".length), gradient]);
  return { output: result!, gradients: Object.fromEntries(byName) };
}

/** A parameter of a network that no layer declares. */
export function freeParameter(network: Network, name: string, shape: readonly number[]): Value {
  network.declare(name, shape, constant(0), { decays: false });
  return network.parameter(name);
}

/** Rows of a table that no layer declares. */
export function freeRows(network: Network, name: string, [rows, width]: [Dim, number]): Value {
  network.declare(name, [100, width], constant(0), { decays: true });
  return network.rows(name, rows);
}

/** Numbers between -1 and 1 that depend on the name and the size alone. */
export function uniformFeed(
  name: string,
  shape: Value["shape"],
  symbols: Record<string, number> = {},
): { data: Float32Array; dims: number[] } {
  const dims = resolveShape(shape, symbols);
  const random = new Random([...name].reduce((hash, char) => (hash * 31 + char.charCodeAt(0)) | 0, 7));
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 2 * random.uniform() - 1);
  return { data, dims };
}
