/** The model of test/fixtures/parity/one-head with another output layer, trained as PyTorch did it for a fixture. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { BertClassifier } from "../../src/bert/bert-classifier.js";
import { infer, inferencePrograms } from "../../src/bert/infer.js";
import type { Answers } from "../../src/data/answers.js";
import { TextDataset } from "../../src/data/text-dataset.js";
import { Random } from "../../src/random.js";
import { threads } from "../../src/runtime/threads/threads.js";
import type { Task } from "../../src/tasks/task.js";
import { Vocabulary } from "../../src/text/vocabulary.js";
import { WordTokenizer } from "../../src/text/word-tokenizer.js";
import type { Checkpoint, ReadCheckpoint } from "../../src/train/checkpoint.js";
import type { StepEvent } from "../../src/train/events.js";
import { Trainer } from "../../src/train/trainer.js";
import { parseWeights } from "../../src/weights/parse-weights.js";
import type { StateDict, Tensor } from "../../src/weights/tensor.js";

/** What tools/make-training-fixtures.py recorded. */
export interface TenSteps {
  options: { batchSize: number; learningRate: number; weightDecay: number; clipNorm: number };
  /** the output layer before the first step */
  output: { weight: number[]; bias: number[] };
  losses: number[];
  norms: number[];
  /** the answers after the last step */
  predicted: number[];
  /** the first elements of some parameters after the last step */
  parameters: Record<string, number[]>;
}

const start = JSON.parse(fixture("parity/one-head/expected.json").toString());
const tokenizer = new WordTokenizer(new Vocabulary(start.vocabulary));
const { config, labels, maxLength } = start;

/** The examples of the start, with labels that are not these. */
export const encoded: TextDataset = await TextDataset.encode(start.pairs, tokenizer, { maxLength, labels });

/** The start with the output layer of a fixture. */
export function startState({ output: { weight, bias } }: TenSteps): StateDict {
  const state = new Map(parseWeights(fixture("parity/one-head/weights.pt"), "weights.pt"));
  const [K, H] = [bias.length, weight.length / bias.length];
  state.set("output.weight", { type: "float32", shape: [K, H], data: Float32Array.from(weight) });
  state.set("output.bias", { type: "float32", shape: [K], data: Float32Array.from(bias) });
  return state;
}

export function modelOf<A extends Answers>(state: StateDict, answers: A): BertClassifier<A> {
  return BertClassifier.fromStateDict(config, answers, state, new Random(0));
}

/** Trains for as many steps as are recorded, and takes a checkpoint then. */
export async function train(
  { options, losses }: TenSteps,
  task: Task<TextDataset>,
  lanes: number,
  resumeFrom?: ReadCheckpoint,
) {
  const steps: StepEvent[] = [];
  const kept: Checkpoint[] = [];
  const checkpoints = {
    async save({ tensors, state }: Checkpoint) {
      const copies = [...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]);
      kept.push({ tensors: new Map(copies as [string, Tensor][]), state });
      return { file: "memory", bytes: 0 };
    },
  };
  const trainer = new Trainer(task, threads(lanes), { ...options, epochs: 4, shuffle: false });
  for await (const event of trainer.fit({ checkpoints, checkpointEvery: { steps: 5 }, resumeFrom })) {
    if (event.event === "step") steps.push(event);
    if (event.event === "checkpoint" && event.step === losses.length) break;
  }
  return { steps: steps.slice(0, losses.length), kept, last: kept.at(-1)! };
}

/** Trains, and compares with what PyTorch made of it. */
export async function expectTenSteps<A extends Answers>(
  expected: TenSteps,
  dataset: TextDataset,
  answers: A,
  task: Task<TextDataset>,
  lanes: number,
): Promise<void> {
  const { steps, last } = await train(expected, task, lanes);
  expect(steps.map(({ loss }) => loss)).toBeCloseToTensor(expected.losses, { absolute: 1e-6 });
  expect(steps.map(({ gradientNorm }) => gradientNorm!)).toBeCloseToTensor(expected.norms, {
    relative: 3e-6,
  });
  for (const [name, values] of Object.entries(expected.parameters)) {
    const data = last.tensors.get(name)!.data as Float32Array;
    expect(data.subarray(0, values.length), name).toBeCloseToTensor(values, { absolute: 1e-6 });
  }
  const trained = new Map([...last.tensors].filter(([name]) => /^(encoder|hidden|output)\./.test(name)));
  expect(await answersOf(modelOf(trained, answers), dataset)).toBeCloseToTensor(expected.predicted, {
    absolute: 1e-6,
  });
}

export async function answersOf(model: BertClassifier<Answers>, dataset: TextDataset): Promise<Float32Array> {
  const device = threads(1);
  const engine = await device.open({ inference: inferencePrograms(model, device.shape) }, model.parameters);
  try {
    return await infer(engine, dataset, model, device);
  } finally {
    await engine.close();
  }
}

export function fixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
}
