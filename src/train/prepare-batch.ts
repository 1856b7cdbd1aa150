import type { BertClassifier } from "../bert/bert-classifier.js";
import {
  classificationHead,
  type LossOptions,
  lossShares,
  lossTargets,
} from "../bert/classification-head.js";
import { type TrainingProgramOptions, trainingProgram, trainingRun } from "../bert/model-program.js";
import { type MicroBatch, microBatches } from "../data/micro-batches.js";
import type { TextDataset } from "../data/text-dataset.js";
import type { Random } from "../random.js";
import type { Program, Run } from "../runtime/program.js";

/** About how many numbers the activations of a run may have: what bounds memory. */
const MAX_ACTIVATIONS = 2 ** 26;

/** Tokens that a run may have in any case: fewer are not worth the gradients that every run puts out. */
const MIN_TOKENS = 2048;

/** Tokens of a micro-batch: what an operator works on then fits a core's cache, and matrices are large enough. */
const GOOD_SIZE = 1000;

/** Most micro-batches in a run: the time to load a program grows faster than their number. */
const MOST_PER_RUN = 8;

/** How a dataset is trained on. */
export interface StepOptions {
  /** Examples in each of the batches whose losses are averaged. */
  readonly batchSize: number;
  /** How many batches that are. */
  readonly accumulate: number;
  readonly threads: number;
}

/** The programs that train on prepared batches. */
export function trainingPrograms(
  model: BertClassifier,
  dataset: TextDataset,
  options: StepOptions & TrainingProgramOptions,
): Program[] {
  const { config, labels } = model;
  const counts = new Set([runSize(model, dataset, options).perGroup, 1]);
  return [...counts].map((microBatches) =>
    trainingProgram(config, classificationHead(labels.length), options, microBatches),
  );
}

/** How many tokens a run may have, and how many micro-batches it holds where there are enough examples. */
function runSize({ config }: BertClassifier, dataset: TextDataset, options: StepOptions) {
  const { hidden, ffn, blocks } = config;
  const maxTokens = Math.max(MIN_TOKENS, Math.floor(MAX_ACTIVATIONS / (blocks * (12 * hidden + 2 * ffn))));
  const meanLength = dataset.tokenIds.length / dataset.size;
  const examples = Math.min(options.batchSize * options.accumulate, dataset.size);
  const tokens = (examples * meanLength) / options.threads;
  const perGroup = Math.round(Math.min(tokens, maxTokens) / GOOD_SIZE);
  return { maxTokens, perGroup: Math.max(1, Math.min(MOST_PER_RUN, perGroup)) };
}

/** The batches of one step as runs for each replica. */
export interface PreparedBatch {
  /** Number of examples. */
  readonly size: number;
  readonly runs: readonly (readonly Run[])[];
  /** The labels of each run's examples, one micro-batch after another; runs of all replicas one after another. */
  readonly labels: readonly Int32Array[];
  /** The generator's state after it. */
  readonly random: readonly number[];
  readonly work: {
    /** Seconds spent on preparing. */
    readonly data: number;
    readonly tokens: number;
    readonly paddedTokens: number;
  };
}

export interface PrepareOptions extends StepOptions {
  readonly loss: LossOptions;
  readonly random: Random;
}

/**
 * Cuts the examples of a step into micro-batches, and draws the seeds of their dropout masks. An example weighs what
 * it does in its batch, so micro-batches may mix those of several.
 */
export function prepareBatch(
  model: BertClassifier,
  dataset: TextDataset,
  examples: Int32Array,
  { loss, random, ...options }: PrepareOptions,
): PreparedBatch {
  const started = performance.now();
  const { maxTokens, perGroup } = runSize(model, dataset, options);
  const hands = microBatches(dataset, examples, { replicas: options.threads, perGroup, maxTokens });
  const size = examples.length;
  const head = classificationHead(model.labels.length);
  const targets = targetsOf(dataset, examples, options.batchSize, loss);
  const runs = hands.map((groups) =>
    groups.map((group) => trainingRun(group, { head, targets, seed: random.int32() })),
  );
  const groups = hands.flat().map(({ batches }) => batches);
  const labels = groups.map((batches) => Int32Array.from(batches.flatMap((batch) => [...batch.labels])));
  const work = {
    data: (performance.now() - started) / 1000,
    tokens: examples.reduce((sum, example) => sum + dataset.length(example), 0),
    paddedTokens: groups.flat().reduce((sum, { length, lengths }) => sum + length * lengths.length, 0),
  };
  return { size, runs, labels, random: random.state, work };
}

function targetsOf(dataset: TextDataset, examples: Int32Array, batchSize: number, loss: LossOptions) {
  const labels = examples.map((example) => dataset.labels[example]!);
  const shares = lossShares(labels, batchSize, loss);
  const shareOf = new Map(Array.from(examples, (example, i) => [example, shares[i]!]));
  return (batch: MicroBatch) =>
    lossTargets(
      batch.labels,
      Float64Array.from(batch.examples, (example) => shareOf.get(example)!),
      loss,
    );
}
