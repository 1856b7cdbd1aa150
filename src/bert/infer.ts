import type { Answers } from "../data/answers.js";
import { microBatches } from "../data/micro-batches.js";
import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import type { Engine, RunShape } from "../runtime/engine.js";
import type { Program } from "../runtime/program.js";
import type { BertClassifier } from "./bert-classifier.js";
import type { BertConfig } from "./config.js";
import { inferenceProgram, inferenceRun, LOGITS } from "./model-program.js";

/** Examples that are sorted by length and handed to the engine together. */
const CHUNK = 4096;

/** The programs that {@link infer} runs. */
export function inferencePrograms({ config, outputs }: BertClassifier<Answers>, shape: RunShape): Program[] {
  const counts = new Set([mostPerRun(config, shape), 1]);
  return [...counts].map((microBatches) => inferenceProgram(config, outputs, microBatches));
}

function mostPerRun({ blocks }: BertConfig, { inference }: RunShape): number {
  return Math.max(1, Math.floor(inference.blocksPerProgram / blocks));
}

/** How a model is asked. */
export interface InferOptions {
  /** Of the device on which the engine was opened. */
  readonly shape: RunShape;
  /** Gives up, between runs: its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** The error of an example, counted from 1, whose answer is not a number. Default: the model is damaged. */
  readonly notFinite?: (example: number, value: number) => Error;
  /** Is told how many of the examples are answered, from none on. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

/**
 * What the output layer gives for every example, [n, K], in the order of the dataset.
 * @param engine runs the {@link inferencePrograms} of the model
 * @throws TunebertError when the model answers something that is not a number
 */
export async function infer(
  engine: Pick<Engine, "infer">,
  dataset: TextDataset,
  { config, outputs }: BertClassifier<Answers>,
  {
    shape,
    signal,
    notFinite = (example, value) => damage(`example ${example}`, value),
    onProgress,
  }: InferOptions,
): Promise<Float32Array> {
  const logits = new Float32Array(dataset.size * outputs);
  const cut = (start: number) => cutChunk(dataset, start, mostPerRun(config, shape), shape);
  let chunk = cut(0);
  for (let start = 0; start < dataset.size; start += CHUNK) {
    signal?.throwIfAborted();
    onProgress?.(start, dataset.size);
    const running = engine.infer(chunk.map((groups) => groups.map((group) => inferenceRun(group, config))));
    const next = cut(start + CHUNK);
    const results = (await running).flat();
    chunk.flat().forEach(({ batches }, i) => {
      const rows = results[i]![LOGITS]!;
      batches
        .flatMap(({ examples }) => [...examples])
        .forEach((example, row) => {
          logits.set(rows.subarray(row * outputs, (row + 1) * outputs), example * outputs);
        });
    });
    chunk = next;
  }
  const broken = logits.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) throw notFinite(Math.floor(broken / outputs) + 1, logits[broken]!);
  return logits;
}

/** The error that a model is damaged, as its answer to an example shows. */
export function damage(where: string, value: number): TunebertError {
  return new TunebertError(
    `${where}: the model answers ${value}, not a number; its weights are too large or damaged`,
  );
}

/** The groups of each lane: of several micro-batches only where there are enough tokens to fill them. */
function cutChunk(dataset: TextDataset, start: number, perRun: number, { lanes, inference }: RunShape) {
  const { tokensPerMicroBatch } = inference;
  const size = Math.max(0, Math.min(CHUNK, dataset.size - start));
  const examples = Int32Array.from({ length: size }, (_, i) => start + i);
  const tokens = examples.reduce((sum, example) => sum + dataset.length(example), 0) / lanes;
  const perGroup = tokens < perRun * tokensPerMicroBatch ? 1 : perRun;
  const maxTokens = perGroup * tokensPerMicroBatch;
  return microBatches(dataset, examples, { replicas: lanes, perGroup, maxTokens });
}
