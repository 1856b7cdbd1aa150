import type { BertClassifier } from "../bert/bert-classifier.js";
import { classifierCost } from "../bert/classifier-cost.js";
import { classifierTrainingRun } from "../bert/classifier-run.js";
import { microBatches } from "../data/micro-batches.js";
import type { PairDataset } from "../data/pair-dataset.js";
import type { Random } from "../random.js";
import type { Run } from "../runtime/program.js";

/** Most tokens in a micro-batch, which bounds the memory for activations. */
const MAX_TOKENS = 4096;

/** A batch as runs for each replica. */
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

/** Cuts a batch of examples into micro-batches, and draws the seeds of their dropout masks. */
export function prepareBatch(
  { labels, config }: BertClassifier,
  dataset: PairDataset,
  examples: Int32Array,
  { threads, random }: { readonly threads: number; readonly random: Random },
): PreparedBatch {
  const started = performance.now();
  const cost = classifierCost(config, "training");
  const hands = microBatches(dataset, examples, { replicas: threads, maxTokens: MAX_TOKENS, cost });
  const options = { labels: labels.length, batchSize: examples.length };
  const runs = hands.map((batches) =>
    batches.map((batch) => classifierTrainingRun(batch, { ...options, seed: random.int32() })),
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
