import { backward } from "../autodiff/backward.js";
import type { MicroBatch, MicroBatchGroup } from "../data/micro-batches.js";
import { activate } from "../nn/activation.js";
import { constant, normal } from "../nn/initialise.js";
import { dropout, type LinearStart, linear } from "../nn/layers.js";
import { type DeclaredParameter, type DropoutRates, Network } from "../nn/network.js";
import type { Value } from "../onnx/graph.js";
import { add, concat, tanh } from "../onnx/operators.js";
import { serializeGraph } from "../onnx/serialize.js";
import type { Feed, Program, Run } from "../runtime/program.js";
import { type BertConfig, checkConfig } from "./config.js";
import { type EmbeddingStd, encodePooled, encodeTokens } from "./encoder.js";
import type { Head } from "./head.js";
import { declareInputs, encoderRun } from "./inputs.js";
import { poolKept } from "./kept-states.js";

/** The output of a program that holds the numbers of the output layer: [n, K], one micro-batch after another. */
export const LOGITS = "logits";
/** The output of a program that trains that holds the loss, a scalar. */
export const LOSS = "loss";
/** The output of a program that computes what is kept: rows [R, H], one micro-batch after another. */
export const STATES = "states";

/** The pooler of published BERTs. */
const HIDDEN_LAYER = "hidden.0";
const OUTPUT_LAYER = "output";

/** How layers that are put on published BERTs start, as in the paper and in Hugging Face's libraries. */
export const PUBLISHED_START: LinearStart = { weight: normal(0.02), bias: constant(0) };

/**
 * The parameters of a model, in the order of a PyTorch state dict, and how they start.
 * @param outputs K, numbers that the output layer gives
 * @param std standard deviations of the embeddings
 */
export function modelParameters(
  config: BertConfig,
  outputs: number,
  std: EmbeddingStd = {},
): ReadonlyMap<string, DeclaredParameter> {
  const network = new Network(0);
  const encoded = encodePooled(network, checkConfig(config), declareInputs(network, 1), std);
  outputLayers(network, config, outputs, encoded);
  return network.declared;
}

/** Whether a parameter is one of the hidden layer, which is fresh where a published BERT comes without its pooler. */
export function isOfHiddenLayer(name: string): boolean {
  return name.startsWith(`${HIDDEN_LAYER}.`);
}

/** Whether a parameter is one of the output layer that is put on BERT. */
export function isOfOutputLayer(name: string): boolean {
  return name.startsWith(`${OUTPUT_LAYER}.`);
}

/**
 * The program that answers: BERT's encoder, its hidden tanh layer and an output layer (d2l section 16.7).
 * @param outputs K, numbers that the output layer gives
 */
export function inferenceProgram(config: BertConfig, outputs: number, microBatches: number): Program {
  const network = new Network(0);
  const encoded = encodePooled(network, checkConfig(config), declareInputs(network, microBatches));
  const logits = outputLayers(network, config, outputs, encoded);
  return programOf(network, microBatches, { [LOGITS]: together(network, logits) }, new Map());
}

/** Micro-batches as a run of the {@link inferenceProgram} of as many. */
export const inferenceRun: (group: MicroBatchGroup, config: BertConfig) => Run = encoderRun;

/** The program that computes what the lowest blocks put out; of all of them what a classifier reads. */
export function statesProgram(config: BertConfig, blocks: number, microBatches: number): Program {
  const network = new Network(0);
  const inputs = declareInputs(network, microBatches);
  const states =
    blocks === config.blocks
      ? encodePooled(network, config, inputs)
      : encodeTokens(network, config, inputs, blocks).map(({ x }) => x);
  return programOf(network, microBatches, { [STATES]: together(network, states) }, new Map());
}

/** The program that computes what the last block puts out, of all tokens. */
export function tokenStatesProgram(config: BertConfig, microBatches: number): Program {
  const network = new Network(0);
  const states = encodeTokens(
    network,
    checkConfig(config),
    declareInputs(network, microBatches),
    config.blocks,
  );
  return programOf(
    network,
    microBatches,
    {
      [STATES]: together(
        network,
        states.map(({ x }) => x),
      ),
    },
    new Map(),
  );
}

/** What is particular about training. */
export interface TrainingProgramOptions {
  /** Probability of dropping an element, or what it is where. */
  readonly dropout: number | DropoutRates;
  /** Names of parameters that get no gradient. Default: none. */
  readonly frozen?: ReadonlySet<string>;
  /** How many of the lowest blocks are not in the program, which is fed what they put out. Default: none. */
  readonly kept?: number | undefined;
}

/** The program that trains: besides the logits, the loss and the gradient of every parameter that is not frozen. */
export function trainingProgram(
  config: BertConfig,
  head: Pick<Head<unknown>, "width" | "loss">,
  { dropout, frozen = new Set(), kept }: TrainingProgramOptions,
  microBatches: number,
): Program {
  const network = new Network(dropout);
  const { graph } = network;
  const encoded =
    kept === undefined
      ? encodePooled(network, checkConfig(config), declareInputs(network, microBatches))
      : poolKept(network, config, kept, microBatches);
  const logits = outputLayers(network, config, head.width, encoded);
  const loss = logits
    .map((rows, i) => head.loss(network, rows, i))
    .reduce((sum, one) => add(graph, sum, one));
  const trained = network.inputs.filter(({ name }) => !frozen.has(name)).map(({ value }) => value);
  const outputs = { [LOSS]: loss, [LOGITS]: together(network, logits) };
  return programOf(network, microBatches, outputs, backward(graph, loss, trained));
}

export interface TrainingRunOptions<Targets> {
  readonly head: Head<Targets>;
  readonly targets: (batch: MicroBatch) => Targets;
  /** Of the dropout masks. */
  readonly seed: number;
}

/** Micro-batches as a run of the {@link trainingProgram} of as many. @param run what its encoder reads; default: tokens */
export function trainingRun<Targets>(
  group: MicroBatchGroup,
  config: BertConfig,
  { head, targets, seed }: TrainingRunOptions<Targets>,
  run: Run = encoderRun(group, config),
): Run {
  const feeds: Record<string, Feed> = { ...run.feeds };
  group.batches.forEach((batch, i) => {
    Object.assign(feeds, head.feeds(targets(batch), i));
  });
  return { ...run, feeds, seed };
}

/** For each micro-batch the numbers of the output layer, [B, K]. @param pooled of each what the encoder puts out, [B, H] */
function outputLayers(
  network: Network,
  config: BertConfig,
  outputs: number,
  pooled: readonly Value[],
): Value[] {
  return pooled.map((encoded) => {
    const read = config.variant?.pooling === "mean" ? encoded : hiddenLayer(network, encoded, config); // [B, H]
    const { variant } = config;
    return variant
      ? linear(network, OUTPUT_LAYER, dropout(network, read, "output"), outputs, PUBLISHED_START)
      : linear(network, OUTPUT_LAYER, read, outputs);
  });
}

/** Of the first token; first [B, H], returns [B, H]. */
export function hiddenLayer(network: Network, first: Value, { hidden, variant }: BertConfig): Value {
  const read = variant?.dropoutBeforeHidden ? dropout(network, first, "output") : first;
  const made = linear(network, HIDDEN_LAYER, read, hidden, variant && PUBLISHED_START);
  const { pooling = "tanh" } = variant ?? {};
  return pooling === "relu" || pooling === "gelu"
    ? activate(network, pooling, made)
    : tanh(network.graph, made);
}

export function together({ graph }: Network, rows: readonly Value[]): Value {
  const [first, ...others] = rows as [Value, ...Value[]];
  return others.length === 0 ? first : concat(graph, rows, 0);
}

export function programOf(
  network: Network,
  microBatches: number,
  outputs: Record<string, Value>,
  gradients: ReadonlyMap<Value, Value>,
): Program {
  const gradientOutputs: Record<string, Value> = {};
  const parameters = network.inputs.map(({ name, value, rows }) => {
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
    masks: network.masks.map(({ value: { name, shape }, probability }) => ({ name, shape, probability })),
    outputs: Object.keys(outputs),
  };
}
