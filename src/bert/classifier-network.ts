import { backward } from "../autodiff/backward.js";
import { linear } from "../nn/linear.js";
import { Network } from "../nn/network.js";
import type { Value } from "../onnx/graph.js";
import { logSoftmax, mul, neg, reduceSum, sum, tanh } from "../onnx/operators.js";
import { serializeGraph } from "../onnx/serialize.js";
import type { Program } from "../runtime/program.js";
import { type BertConfig, checkConfig } from "./config.js";
import { encodeFirstToken } from "./encoder.js";

/**
 * The program that classifies: BERT's encoder, its hidden tanh layer and an output layer (d2l section 16.7).
 * Output: logits [B, K].
 */
export function classifierProgram(config: BertConfig, labels: number): Program {
  const { network, logits } = classifierNetwork(config, labels, 0);
  return program(network, { logits }, new Map());
}

export interface TrainingProgramOptions {
  /** Probability of dropping an element. */
  readonly dropout: number;
  /** Names of parameters that get no gradient. Default: none. */
  readonly frozen?: ReadonlySet<string>;
}

/**
 * The program that trains: besides the logits, the loss and the gradient of every parameter that is not frozen.
 * Further input: targets [B, K]. Loss: the sum of targets times negative log-likelihoods, which is a cross-entropy
 * if each row of targets holds the example's weight at its label, else 0. Gradients come out added to what is fed
 * as gradient_sum, so that those of several runs add up.
 */
export function classifierTrainingProgram(
  config: BertConfig,
  labels: number,
  { dropout, frozen = new Set() }: TrainingProgramOptions,
): Program {
  const { network, logits } = classifierNetwork(config, labels, dropout);
  const { graph } = network;
  const targets = graph.input("targets", "float32", ["B", labels]);
  const likelihood = mul(graph, targets, logSoftmax(graph, logits)); // [B, K]
  const loss = neg(graph, reduceSum(graph, likelihood, [0, 1], false));
  const trained = [...network.parameters].filter(([name]) => !frozen.has(name)).map(([, { value }]) => value);
  return program(network, { loss, logits }, backward(graph, loss, trained));
}

function classifierNetwork(config: BertConfig, labels: number, dropout: number) {
  const network = new Network(dropout);
  const encoded = encodeFirstToken(network, checkConfig(config)); // [B, H]
  const hidden = tanh(network.graph, linear(network, "hidden.0", encoded, config.hidden));
  return { network, logits: linear(network, "output", hidden, labels) }; // [B, K]
}

function program(network: Network, outputs: Record<string, Value>, gradients: Map<Value, Value>): Program {
  const gradientOutputs: Record<string, Value> = {};
  const parameters = [...network.parameters].map(([name, { value, rows }]) => {
    const gradient = gradients.get(value);
    if (!gradient) return { name, rows, gradient: undefined, gradientSum: undefined };
    const output = `gradient.${name}`;
    const before = rows ? undefined : network.graph.input(`gradient_sum.${name}`, "float32", value.shape);
    gradientOutputs[output] = before ? sum(network.graph, gradient, before) : gradient;
    return { name, rows, gradient: output, gradientSum: before?.name };
  });
  return {
    model: serializeGraph(network.graph, { ...outputs, ...gradientOutputs }),
    parameters,
    masks: network.masks.map(({ name, shape }) => ({ name, shape })),
    dropout: network.dropout,
    outputs: Object.keys(outputs),
  };
}
