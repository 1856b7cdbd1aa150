import { microBatches } from "../data/micro-batches.js";
import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import type { Program } from "../runtime/program.js";
import type { Replicas } from "../runtime/threads/replicas.js";
import type { BertClassifier } from "./bert-classifier.js";
import type { BertConfig } from "./config.js";
import { inferenceProgram, inferenceRun, LOGITS } from "./model-program.js";

/** Examples that are sorted by length and handed to the replicas together. */
const CHUNK = 4096;

/** Tokens of a micro-batch: what an operator works on then fits a core's cache, and matrices are large enough. */
const GOOD_SIZE = 1400;

/** Most blocks in a program, those of all its micro-batches: the time to load it grows faster than their number. */
const MOST_BLOCKS = 24;

/** The programs that {@link classify} runs. */
export function classifyPrograms({ config, labels }: BertClassifier): Program[] {
  const counts = new Set([mostPerRun(config), 1]);
  return [...counts].map((microBatches) => inferenceProgram(config, labels.length, microBatches));
}

function mostPerRun({ blocks }: BertConfig): number {
  return Math.max(1, Math.floor(MOST_BLOCKS / blocks));
}

export interface ClassifyOptions {
  /** Number of replicas. */
  readonly threads: number;
  /** Gives up, between runs: its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** The error of an example, counted from 1, whose logits are not all finite. Default: the model is damaged. */
  readonly notFinite?: (example: number, logit: number) => TunebertError;
}

/**
 * The logits of every example, [n, K], in the order of the dataset.
 * @param replicas that run {@link classifyPrograms} of the model
 * @throws TunebertError when the model answers something that is not a number
 */
export async function classify(
  replicas: Replicas,
  dataset: TextDataset,
  { config, labels }: BertClassifier,
  { threads, signal, notFinite = damage }: ClassifyOptions,
): Promise<Float32Array> {
  const width = labels.length;
  const logits = new Float32Array(dataset.size * width);
  const prepare = (start: number) => prepareChunk(dataset, start, mostPerRun(config), threads);
  let chunk = prepare(0);
  for (let start = 0; start < dataset.size; start += CHUNK) {
    signal?.throwIfAborted();
    const running = replicas.infer(chunk.map((groups) => groups.map(inferenceRun)));
    const next = prepare(start + CHUNK);
    const outputs = (await running).flat();
    chunk.flat().forEach(({ batches }, i) => {
      const rows = outputs[i]![LOGITS]!;
      batches
        .flatMap(({ examples }) => [...examples])
        .forEach((example, row) => {
          logits.set(rows.subarray(row * width, (row + 1) * width), example * width);
        });
    });
    chunk = next;
  }
  const broken = logits.findIndex((logit) => !Number.isFinite(logit));
  if (broken >= 0) throw notFinite(Math.floor(broken / width) + 1, logits[broken]!);
  return logits;
}

function damage(example: number, logit: number): TunebertError {
  return new TunebertError(
    `pair ${example}: the model answers ${logit}, not a number; its weights are too large or damaged`,
  );
}

/** The groups of each replica: of several micro-batches only where there are enough tokens to fill them. */
function prepareChunk(dataset: TextDataset, start: number, perRun: number, replicas: number) {
  const size = Math.max(0, Math.min(CHUNK, dataset.size - start));
  const examples = Int32Array.from({ length: size }, (_, i) => start + i);
  const tokens = examples.reduce((sum, example) => sum + dataset.length(example), 0) / replicas;
  const perGroup = tokens < perRun * GOOD_SIZE ? 1 : perRun;
  return microBatches(dataset, examples, { replicas, perGroup, maxTokens: perGroup * GOOD_SIZE });
}
