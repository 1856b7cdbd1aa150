import type { BertClassifier } from "../bert/bert-classifier.js";
import { classifierCost } from "../bert/classifier-cost.js";
import { classifierTrainingRun } from "../bert/classifier-run.js";
import { type LossOptions, lossShares, lossTargets } from "../bert/loss-targets.js";
import { type MicroBatch, microBatches } from "../data/micro-batches.js";
import type { PairDataset } from "../data/pair-dataset.js";
import type { Random } from "../random.js";
import type { Run } from "../runtime/program.js";

/** Most tokens in a micro-batch, which bounds the memory for activations. */
const MAX_TOKENS = 4096;

/** The batches of one step as runs for each replica. */
export interface PreparedBatch {
  /** Number of examples. */
  readonly size: number;
  readonly runs: readonly (readonly Run[])[];
  /** The labels of each run's examples; runs of all replicas one after another. */
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

export interface PrepareOptions {
  /** Examples in each of the batches whose losses are averaged. */
  readonly batchSize: number;
  readonly loss: LossOptions;
  readonly threads: number;
  readonly random: Random;
}

/**
 * Cuts the examples of a step into micro-batches, and draws the seeds of their dropout masks. An example weighs what
 * it does in its batch, so micro-batches may mix those of several.
 */
export function prepareBatch(
  { config }: BertClassifier,
  dataset: PairDataset,
  examples: Int32Array,
  { batchSize, loss, threads, random }: PrepareOptions,
): PreparedBatch {
  const started = performance.now();
  const cost = classifierCost(config, "training");
  const hands = microBatches(dataset, examples, { replicas: threads, maxTokens: MAX_TOKENS, cost });
  const targets = targetsOf(dataset, examples, batchSize, loss);
  const runs = hands.map((batches) =>
    batches.map((batch) => classifierTrainingRun(batch, { targets, seed: random.int32() })),
  );
  const batches = hands.flat();
  const work = {
    data: (performance.now() - started) / 1000,
    tokens: examples.reduce((sum, example) => sum + dataset.length(example), 0),
    paddedTokens: batches.reduce((sum, { tokens }) => sum + tokens.length, 0),
  };
  const size = examples.length;
  return { size, runs, labels: batches.map((batch) => batch.labels), random: random.state, work };
}

function targetsOf(dataset: PairDataset, examples: Int32Array, batchSize: number, loss: LossOptions) {
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
