import { backward } from "../autodiff/backward.js";
import { linear } from "../nn/linear.js";
import { type DeclaredParameter, Network, type ParameterInput } from "../nn/network.js";
import type { Value } from "../onnx/graph.js";
import { add, logSoftmax, mul, neg, reduceSum, tanh } from "../onnx/operators.js";
import { serializeGraph } from "../onnx/serialize.js";
import type { Program } from "../runtime/program.js";
import { type BertConfig, checkConfig } from "./config.js";
import { type EmbeddingStd, encodeFirstToken } from "./encoder.js";

/**
 * The parameters of a classifier, in the order of a PyTorch state dict, and how they start.
 * @param std standard deviations of the embeddings
 */
export function classifierParameters(
  config: BertConfig,
  labels: number,
  std: EmbeddingStd = {},
): ReadonlyMap<string, DeclaredParameter> {
  return classifierNetwork(config, labels, { dropout: 0, microBatches: 1, std }).network.declared;
}

/** Whether a parameter is one of the output layer that a classifier adds to BERT. */
export function isOfOutputLayer(name: string): boolean {
  return name.startsWith(`${OUTPUT}.`);
}

const OUTPUT = "output";

/**
 * The program that classifies: BERT's encoder, its hidden tanh layer and an output layer (d2l section 16.7).
 * Output of micro-batch i: logits.i [B, K].
 */
export function classifierProgram(config: BertConfig, labels: number, microBatches: number): Program {
  const { network, logits } = classifierNetwork(config, labels, { dropout: 0, microBatches });
  return program(network, microBatches, named("logits", logits), new Map());
}

export interface TrainingProgramOptions {
  /** Probability of dropping an element. */
  readonly dropout: number;
  /** Names of parameters that get no gradient. Default: none. */
  readonly frozen?: ReadonlySet<string>;
}

/**
 * The program that trains: besides the logits, the loss and the gradient of every parameter that is not frozen.
 * Further input of micro-batch i: targets.i [B, K]. Loss: the sum of targets times negative log-likelihoods, which is a
 * cross-entropy if each row of targets holds the example's weight at its label, else 0.
 */
export function classifierTrainingProgram(
  config: BertConfig,
  labels: number,
  { dropout, frozen = new Set() }: TrainingProgramOptions,
  microBatches: number,
): Program {
  const { network, logits } = classifierNetwork(config, labels, { dropout, microBatches });
  const { graph } = network;
  const losses = logits.map((rows, i) => {
    const targets = graph.input(`targets.${i}`, "float32", rows.shape);
    const likelihood = mul(graph, targets, logSoftmax(graph, rows)); // [B, K]
    return neg(graph, reduceSum(graph, likelihood, [0, 1], false));
  });
  const loss = losses.reduce((sum, one) => add(graph, sum, one));
  const trained = network.inputs.filter(({ name }) => !frozen.has(name)).map(({ value }) => value);
  const outputs = { loss, ...named("logits", logits) };
  return program(network, microBatches, outputs, backward(graph, loss, trained));
}

function named(stem: string, values: readonly Value[]): Record<string, Value> {
  return Object.fromEntries(values.map((value, i) => [`${stem}.${i}`, value]));
}

interface NetworkOptions {
  readonly dropout: number;
  readonly microBatches: number;
  readonly std?: EmbeddingStd;
}

function classifierNetwork(
  config: BertConfig,
  labels: number,
  { dropout, microBatches, std }: NetworkOptions,
) {
  const network = new Network(dropout);
  const encoded = encodeFirstToken(network, checkConfig(config), microBatches, std); // [B, H] each
  const logits = encoded.map((first) => {
    const hidden = tanh(network.graph, linear(network, "hidden.0", first, config.hidden));
    return linear(network, OUTPUT, hidden, labels); // [B, K]
  });
  return { network, logits };
}

function program(
  network: Network,
  microBatches: number,
  outputs: Record<string, Value>,
  gradients: Map<Value, Value>,
): Program {
  const gradientOutputs: Record<string, Value> = {};
  const parameters = network.inputs.map(({ name, value, rows }: ParameterInput) => {
    const { decays } = network.declared.get(name)!;
    const input = { name, input: value.name, rows, decays };
    const gradient = gradients.get(value);
    if (!gradient) return { ...input, gradient: undefined };
    const output = `gradient.${value.name}`;
    gradientOutputs[output] = gradient;
    return { ...input, gradient: output };
  });
  return {
    microBatches,
    model: serializeGraph(network.graph, { ...outputs, ...gradientOutputs }),
    parameters,
    masks: network.masks.map(({ name, shape }) => ({ name, shape })),
    dropout: network.dropout,
    outputs: Object.keys(outputs),
  };
}
