import type { Value } from "../onnx/graph.js";
import { add, gather, gemm, layerNormalization, matrixOfKnownWidth, mul } from "../onnx/operators.js";
import { type Activation, activate } from "./activation.js";
import { constant, type Initialiser, uniformOverInputs } from "./initialise.js";
import type { DropoutRates, Network } from "./network.js";

/** x [M, in] W ᵀ + b with `name.weight` [out, in] and `name.bias` [out]: [M, out]. */
export function linear(
  network: Network,
  name: string,
  x: Value,
  outputs: number,
  start?: LinearStart,
): Value {
  const [, inputs] = matrixOfKnownWidth(x, name);
  declareLinear(network, name, inputs, outputs, start);
  const weight = network.parameter(`${name}.weight`);
  const bias = network.parameter(`${name}.bias`);
  return gemm(network.graph, x, weight, { transB: true, c: bias });
}

/** How the parameters of a linear layer start. */
export interface LinearStart {
  readonly weight: Initialiser;
  readonly bias: Initialiser;
}

/** The parameters of {@link linear}, which start as PyTorch's do unless it is said how. */
export function declareLinear(
  network: Network,
  name: string,
  inputs: number,
  outputs: number,
  start: LinearStart = { weight: uniformOverInputs(inputs), bias: uniformOverInputs(inputs) },
): void {
  network.declare(`${name}.weight`, [outputs, inputs], start.weight, { decays: true });
  network.declare(`${name}.bias`, [outputs], start.bias, { decays: false });
}

/** Layer normalisation (Ba et al., 2016) of the rows of x [M, H] with `name.weight` and `name.bias` [H]. */
export function layerNorm(network: Network, name: string, x: Value, epsilon = 1e-5): Value {
  const [, width] = matrixOfKnownWidth(x, name);
  network.declare(`${name}.weight`, [width], constant(1), { decays: false });
  network.declare(`${name}.bias`, [width], constant(0), { decays: false });
  const [weight, bias] = [network.parameter(`${name}.weight`), network.parameter(`${name}.bias`)];
  return layerNormalization(network.graph, x, weight, bias, epsilon)[0];
}

/** Inverted dropout with a probability of the network's; the identity when that is 0. Any shape. */
export function dropout(network: Network, x: Value, where: keyof DropoutRates = "hidden"): Value {
  const probability = network.dropout[where];
  return probability === 0 ? x : mul(network.graph, x, network.mask(x.shape, probability));
}

/** LayerNorm(dropout(y) + x), the post-norm residual connection of d2l section 11.7; x and y [M, H]. */
export function addNorm(
  network: Network,
  name: string,
  x: Value,
  y: Value,
  { epsilon, drops = true }: AddNormOptions = {},
): Value {
  const made = drops ? dropout(network, y) : y;
  return layerNorm(network, `${name}.ln`, add(network.graph, made, x), epsilon);
}

export interface AddNormOptions {
  /** Default: d2l's. */
  readonly epsilon?: number | undefined;
  /** Whether dropout is for y. Default: true. */
  readonly drops?: boolean | undefined;
}

/** Position-wise feed-forward network: Linear H → F, an activation, Linear F → H; x [M, H]. */
export function feedForward(
  network: Network,
  name: string,
  x: Value,
  { hidden, ffn, activation = "relu" }: FeedForwardOptions,
): Value {
  const inner = activate(network, activation, linear(network, `${name}.dense1`, x, ffn)); // [M, F]
  return linear(network, `${name}.dense2`, inner, hidden);
}

export interface FeedForwardOptions {
  readonly hidden: number;
  readonly ffn: number;
  /** Default: ReLU, as in d2l. */
  readonly activation?: Activation | undefined;
}

/** A table of rows, and how a token finds its own. */
export interface Embedding<Inputs> {
  /** [R, H] */
  readonly table: Value;
  /** Of the inputs of a micro-batch those that say which row each token takes: […]. */
  readonly ids: (inputs: Inputs) => Value;
}

/** The sum of the rows that each token takes from each table: […, H]. */
export function embed<Inputs>(
  { graph }: Network,
  embeddings: readonly Embedding<Inputs>[],
  inputs: Inputs,
): Value {
  return embeddings
    .map(({ table, ids }) => gather(graph, table, ids(inputs)))
    .reduce((sum, rows) => add(graph, sum, rows));
}
