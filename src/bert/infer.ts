import type { Answers } from "../data/answers.js";
import { type MicroBatchGroup, microBatches } from "../data/micro-batches.js";
import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import type { Engine, RunOutputs, RunShape } from "../runtime/engine.js";
import type { Program, Run } from "../runtime/program.js";
import { allocateFloats } from "../runtime/shared-memory.js";
import type { BertClassifier } from "./bert-classifier.js";
import type { BertConfig } from "./config.js";
import { type KeptStates, keptRows, tokenRows } from "./kept-states.js";
import {
  inferenceProgram,
  inferenceRun,
  LOGITS,
  STATES,
  statesProgram,
  tokenStatesProgram,
} from "./model-program.js";

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
  const run = (group: MicroBatchGroup) => inferenceRun(group, config);
  await inferInChunks(
    engine,
    dataset,
    { shape, signal, onProgress, run, perRun: mostPerRun(config, shape) },
    take,
  );
  function take({ batches }: MicroBatchGroup, found: RunOutputs) {
    const examples = batches.flatMap(({ examples }) => [...examples]);
    spread(found[LOGITS]!, examples, outputs, logits);
  }
  const broken = logits.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) throw notFinite(Math.floor(broken / outputs) + 1, logits[broken]!);
  return logits;
}

/**
 * What the lowest blocks put out for every example: see {@link KeptStates}.
 * @param engine runs the {@link statesPrograms} of as many blocks
 */
export async function inferStates(
  engine: Pick<Engine, "infer">,
  dataset: TextDataset,
  config: BertConfig,
  blocks: number,
  options: Pick<InferOptions, "shape" | "signal">,
): Promise<KeptStates> {
  const { hidden } = config;
  const states = allocateFloats(keptRows(dataset, config, blocks) * hidden);
  const run = (group: MicroBatchGroup) => inferenceRun(group, config);
  const perRun = mostPerRun(config, options.shape);
  await inferInChunks(engine, dataset, { ...options, run, perRun }, ({ batches }, found) => {
    const rows = batches.flatMap((batch) => [
      ...(blocks === config.blocks ? batch.examples : tokenRows(batch, dataset)),
    ]);
    spread(found[STATES]!, rows, hidden, states);
  });
  return { blocks, states };
}

/** The programs that {@link inferStates} runs. */
export function statesPrograms(config: BertConfig, blocks: number, shape: RunShape): Program[] {
  return [...new Set([mostPerRun(config, shape), 1])].map((count) => statesProgram(config, blocks, count));
}

/**
 * What the last block puts out for every token: [R, H], one example after another.
 * @param engine runs the {@link tokenStatesPrograms}
 */
export async function inferTokenStates(
  engine: Pick<Engine, "infer">,
  dataset: TextDataset,
  config: BertConfig,
  options: Pick<InferOptions, "shape" | "signal">,
): Promise<Float32Array> {
  const states = new Float32Array(dataset.tokenIds.length * config.hidden);
  const run = (group: MicroBatchGroup) => inferenceRun(group, config);
  const perRun = mostPerRun(config, options.shape);
  await inferInChunks(engine, dataset, { ...options, run, perRun }, ({ batches }, found) => {
    const rows = batches.flatMap((batch) => [...tokenRows(batch, dataset)]);
    spread(found[STATES]!, rows, config.hidden, states);
  });
  return states;
}

/** The programs that {@link inferTokenStates} runs. */
export function tokenStatesPrograms(config: BertConfig, shape: RunShape): Program[] {
  return [...new Set([mostPerRun(config, shape), 1])].map((count) => tokenStatesProgram(config, count));
}

/** Puts rows of numbers where they belong among all. */
function spread(found: Float32Array, places: readonly number[], width: number, all: Float32Array): void {
  places.forEach((place, row) => {
    all.set(found.subarray(row * width, (row + 1) * width), place * width);
  });
}

interface ChunkOptions extends Pick<InferOptions, "shape" | "signal" | "onProgress"> {
  /** Micro-batches as a run of a program of as many. */
  readonly run: (group: MicroBatchGroup) => Run;
  /** Most micro-batches in a run. */
  readonly perRun: number;
}

/** Runs all examples, each chunk while the next is cut. @param take is given what a group's run put out */
async function inferInChunks(
  engine: Pick<Engine, "infer">,
  dataset: TextDataset,
  { shape, signal, onProgress, run, perRun }: ChunkOptions,
  take: (group: MicroBatchGroup, outputs: RunOutputs) => void,
): Promise<void> {
  const cut = (start: number) => cutChunk(dataset, start, perRun, shape);
  let chunk = cut(0);
  for (let start = 0; start < dataset.size; start += CHUNK) {
    signal?.throwIfAborted();
    onProgress?.(start, dataset.size);
    const running = engine.infer(chunk.map((groups) => groups.map(run)));
    const next = cut(start + CHUNK);
    const results = (await running).flat();
    chunk.flat().forEach((group, i) => {
      take(group, results[i]!);
    });
    chunk = next;
  }
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
