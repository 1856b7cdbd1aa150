import { backward } from "../autodiff/backward.js";
import type { MicroBatch, MicroBatchGroup } from "../data/micro-batches.js";
import type { PretrainingExample } from "../data/pretraining-examples.js";
import { activate } from "../nn/activation.js";
import { constant } from "../nn/initialise.js";
import { layerNorm, linear } from "../nn/layers.js";
import { type DeclaredParameter, type DropoutRates, Network } from "../nn/network.js";
import type { Value } from "../onnx/graph.js";
import {
  add,
  gather,
  gemm,
  head,
  logSoftmax,
  mul,
  neg,
  reduceMax,
  reduceSum,
  reshape,
} from "../onnx/operators.js";
import { product } from "../onnx/shape.js";
import type { Feed, Program, Run } from "../runtime/program.js";
import { classificationHead } from "./classification-head.js";
import { type BertConfig, checkConfig } from "./config.js";
import { type EmbeddingStd, encodeTokens, type TokenStates } from "./encoder.js";
import { declareInputs, encoderRun, TOKEN_TABLE } from "./inputs.js";
import { hiddenLayer, LOSS, PUBLISHED_START, programOf, together } from "./model-program.js";

/** The output that holds the logits of next-sentence prediction: [n, 2], one micro-batch after another; 1 means next. */
export const NEXT_SENTENCE = "next_sentence";
/** The output that holds the log-likelihood of each token that is to be guessed: [P], one micro-batch after another. */
export const TOKEN_LIKELIHOOD = "token_likelihood";
/** The output that holds that of the most likely token in its place: [P]. */
export const BEST_LIKELIHOOD = "best_likelihood";

const TRANSFORM = "mlm.mlp.0";
const TRANSFORM_NORM = "mlm.mlp.2";
const DECODER = "mlm.mlp.3";
const NEXT_SENTENCE_LAYER = "nsp.output";

/** What is put on an encoder to pretrain it. */
export interface PretrainingHeads {
  /** Whether the token embedding decodes too, instead of a matrix of its own. */
  readonly tiedDecoder: boolean;
  /** Whether there is next-sentence prediction besides the masked language model. */
  readonly nextSentence: boolean;
}

/** The parameters of a model that is pretrained, in the order of a PyTorch state dict, and how they start. */
export function pretrainingParameters(
  config: BertConfig,
  heads: PretrainingHeads,
  std: EmbeddingStd = {},
): ReadonlyMap<string, DeclaredParameter> {
  const network = new Network(0);
  const encoded = encodeTokens(network, checkConfig(config), declareInputs(network, 1), config.blocks, std);
  predictions(network, config, heads, encoded);
  return network.declared;
}

/** What is particular about pretraining. */
export interface PretrainingProgramOptions {
  /** Probability of dropping an element, or what it is where. */
  readonly dropout: number | DropoutRates;
  /** Whether it puts out gradients. */
  readonly trains: boolean;
}

/**
 * The program of masked language modelling and next-sentence prediction (d2l sections 15.8 and 15.10). Only the tokens that
 * are to be guessed go through the decoder. Its loss is the sum of both, weighted as {@link pretrainingRun} says.
 */
export function pretrainingProgram(
  config: BertConfig,
  heads: PretrainingHeads,
  { dropout, trains }: PretrainingProgramOptions,
  microBatches: number,
): Program {
  const network = new Network(dropout);
  const { graph } = network;
  const encoded = encodeTokens(
    network,
    checkConfig(config),
    declareInputs(network, microBatches),
    config.blocks,
  );
  const { tokens, next } = predictions(network, config, heads, encoded);
  const losses = [
    ...tokens.map(({ likelihood }, i) => {
      const weights = graph.input(`token_weights.${i}`, "float32", likelihood.shape);
      return neg(graph, reduceSum(graph, mul(graph, weights, likelihood), [0], false));
    }),
    ...next.map((logits, i) => nextSentenceHead.loss(network, logits, i)),
  ];
  const loss = losses.reduce((sum, one) => add(graph, sum, one));
  const outputs = {
    [LOSS]: loss,
    [TOKEN_LIKELIHOOD]: together(
      network,
      tokens.map(({ likelihood }) => likelihood),
    ),
    [BEST_LIKELIHOOD]: together(
      network,
      tokens.map(({ best }) => best),
    ),
    ...(next.length > 0 && { [NEXT_SENTENCE]: together(network, next) }),
  };
  const trained = trains ? network.inputs.map(({ value }) => value) : [];
  return programOf(network, microBatches, outputs, trains ? backward(graph, loss, trained) : new Map());
}

/** Two labels: 0 of a sentence that does not follow, 1 of one that does. */
const nextSentenceHead = classificationHead(2);

/** The output of the {@link guessingProgram}. */
export const TOKEN_LOGITS = "token_logits";

/** The program that gives every token of the vocabulary a number in each of the places `masked_at.0` of a micro-batch: [P, V]. */
export function guessingProgram(config: BertConfig, heads: PretrainingHeads): Program {
  const network = new Network(0);
  const { graph } = network;
  const [state] = encodeTokens(network, checkConfig(config), declareInputs(network, 1), config.blocks);
  const rows = gather(graph, state!.x, graph.input("masked_at.0", "int32", ["P0"])); // [P, H]
  const outputs = { [TOKEN_LOGITS]: tokenLogits(network, config, heads, rows) };
  return programOf(network, 1, outputs, new Map());
}

/** What an example counts in the loss. */
export interface PretrainingWeights {
  /** Of each token that is to be guessed. */
  readonly token: number;
  /** Of each pair. */
  readonly pair: number;
}

/**
 * Micro-batches as a run of the {@link pretrainingProgram} of as many.
 * @param examples those that the group's places are of
 * @param weightsOf what an example counts
 */
export function pretrainingRun(
  group: MicroBatchGroup,
  config: BertConfig,
  {
    heads,
    examples,
    weightsOf,
    seed,
  }: {
    readonly heads: PretrainingHeads;
    readonly examples: readonly PretrainingExample[];
    readonly weightsOf: (example: number) => PretrainingWeights;
    readonly seed: number;
  },
): Run {
  const run = encoderRun(group, config);
  const feeds: Record<string, Feed> = { ...run.feeds };
  const symbols: Record<string, number> = { ...run.symbols };
  group.batches.forEach((batch, i) => {
    const starts = tokenStarts(batch);
    const masked = [...batch.examples].flatMap((example, b) =>
      [...examples[example]!.places].map((place, p) => ({
        at: starts[place]! + rankAt(batch, place, b),
        token: examples[example]!.tokens[p]!,
        weight: weightsOf(example).token,
      })),
    );
    const { length: count } = masked;
    const label = masked.map(({ token }, p) => p * config.vocabularySize + token);
    feeds[`masked_at.${i}`] = { data: Int32Array.from(masked, ({ at }) => at), dims: [count] };
    feeds[`label_at.${i}`] = { data: Int32Array.from(label), dims: [count] };
    feeds[`token_weights.${i}`] = { data: Float32Array.from(masked, ({ weight }) => weight), dims: [count] };
    symbols[`P${i}`] = count;
    if (heads.nextSentence) {
      Object.assign(feeds, nextSentenceHead.feeds(nextSentenceTargets(batch, examples, weightsOf), i));
    }
  });
  return { ...run, feeds, symbols, seed };
}

function nextSentenceTargets(
  { examples: places }: MicroBatch,
  examples: readonly PretrainingExample[],
  weightsOf: (example: number) => PretrainingWeights,
): Float32Array {
  const targets = new Float32Array(2 * places.length); // [B, 2]
  places.forEach((example, b) => {
    const { isNext } = examples[example]!;
    if (isNext !== undefined) targets[2 * b + Number(isNext)] = weightsOf(example).pair;
  });
  return targets;
}

/** (T + 1): where the tokens of each position begin among the M of a micro-batch: the first ones of all examples, the second ones… */
function tokenStarts({ length, lengths }: MicroBatch): Int32Array {
  const starts = new Int32Array(length + 1);
  for (let t = 0; t < length; t++) {
    starts[t + 1] = starts[t]! + lengths.reduce((count, l) => count + Number(l > t), 0);
  }
  return starts;
}

/** How many examples before the b-th have a token at a position. */
function rankAt({ lengths }: MicroBatch, position: number, b: number): number {
  let rank = 0;
  for (let i = 0; i < b; i++) if (lengths[i]! > position) rank++;
  return rank;
}

/** Of each micro-batch, what the heads make of it. */
function predictions(
  network: Network,
  config: BertConfig,
  heads: PretrainingHeads,
  states: readonly TokenStates[],
): { readonly tokens: TokenPrediction[]; readonly next: Value[] } {
  const { nextSentence } = heads;
  // In the order of the state dict: the hidden layer, the masked language model, next-sentence prediction.
  const pooled = nextSentence
    ? states.map(({ x, layout }) =>
        hiddenLayer(network, head(network.graph, x, layout.tokenAt.shape[0]!), config),
      ) // [B, H]
    : [];
  const tokens = states.map((state, i) => tokenPrediction(network, config, heads, state, i));
  const next = pooled.map((read) => linear(network, NEXT_SENTENCE_LAYER, read, 2)); // [B, 2]
  return { tokens, next };
}

/** Of the P tokens of a micro-batch that are to be guessed. */
interface TokenPrediction {
  /** [P], logarithms of the probabilities of what they were */
  readonly likelihood: Value;
  /** [P], those of the most likely tokens */
  readonly best: Value;
}

/** d2l's `MaskLM` (section 15.8). */
function tokenPrediction(
  network: Network,
  config: BertConfig,
  heads: PretrainingHeads,
  { x }: TokenStates,
  i: number,
): TokenPrediction {
  const { graph } = network;
  const { vocabularySize } = config;
  const masked = `P${i}`;
  const rows = gather(graph, x, graph.input(`masked_at.${i}`, "int32", [masked])); // [P, H]
  const all = logSoftmax(graph, tokenLogits(network, config, heads, rows)); // [P, V]
  const flat = reshape(graph, all, [product([masked, vocabularySize])]);
  const likelihood = gather(graph, flat, graph.input(`label_at.${i}`, "int32", [masked])); // [P]
  return { likelihood, best: reduceMax(graph, all, [-1], false) };
}

/** What the vocabulary's tokens get in so many places: rows [P, H], returns [P, V]. */
export function tokenLogits(
  network: Network,
  { vocabularySize, hidden, variant }: BertConfig,
  { tiedDecoder }: PretrainingHeads,
  rows: Value,
): Value {
  const { graph } = network;
  const { embedding: width = hidden, activation = "relu", epsilon } = variant ?? {};
  const made = activate(
    network,
    activation,
    linear(network, TRANSFORM, rows, width, variant && PUBLISHED_START),
  );
  const read = layerNorm(network, TRANSFORM_NORM, made, epsilon);
  if (!tiedDecoder) return linear(network, DECODER, read, vocabularySize, variant && PUBLISHED_START);
  network.declare(`${DECODER}.bias`, [vocabularySize], constant(0), { decays: false });
  const bias = network.parameter(`${DECODER}.bias`);
  return gemm(graph, read, network.parameter(TOKEN_TABLE), { transB: true, c: bias });
}
