/** A model that answers with a number, against what PyTorch makes of it in ten steps. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BertClassifier } from "../src/bert/bert-classifier.js";
import { infer, inferencePrograms } from "../src/bert/infer.js";
import { TextDataset } from "../src/data/text-dataset.js";
import { pearson, spearman } from "../src/metrics/correlation.js";
import { Random } from "../src/random.js";
import { threads } from "../src/runtime/threads/threads.js";
import type { Figures } from "../src/tasks/figures.js";
import { regression } from "../src/tasks/regression.js";
import { Vocabulary } from "../src/text/vocabulary.js";
import { WordTokenizer } from "../src/text/word-tokenizer.js";
import type { Checkpoint, ReadCheckpoint } from "../src/train/checkpoint.js";
import type { StepEvent } from "../src/train/events.js";
import { Trainer } from "../src/train/trainer.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import type { StateDict, Tensor } from "../src/weights/tensor.js";

/** What tools/make-training-fixtures.py recorded. */
const expected: {
  options: { batchSize: number; learningRate: number; weightDecay: number; clipNorm: number };
  /** the output layer before the first step */
  output: { weight: number[]; bias: number[] };
  /** what each example is to be answered with */
  numbers: number[];
  losses: number[];
  norms: number[];
  /** the answers after the last step */
  predicted: number[];
  /** the first elements of some parameters after the last step */
  parameters: Record<string, number[]>;
} = JSON.parse(fixture("training/regression.json").toString());

const start = JSON.parse(fixture("parity/one-head/expected.json").toString());
const tokenizer = new WordTokenizer(new Vocabulary(start.vocabulary));
const { config, labels, maxLength } = start;
const encoded = await TextDataset.encode(start.pairs, tokenizer, { maxLength, labels });
const dataset = new TextDataset({ ...encoded, numbers: Float32Array.from(expected.numbers) });

function startState(): StateDict {
  const state = new Map(parseWeights(fixture("parity/one-head/weights.pt"), "weights.pt"));
  const { weight, bias } = expected.output;
  state.set("output.weight", {
    type: "float32",
    shape: [1, weight.length],
    data: Float32Array.from(weight),
  });
  state.set("output.bias", { type: "float32", shape: [1], data: Float32Array.from(bias) });
  return state;
}

const modelOf = (state: StateDict) => BertClassifier.fromStateDict(config, "number", state, new Random(0));

/** Trains for as many steps as are recorded, and takes a checkpoint then. */
async function train(lanes: number, resumeFrom?: ReadCheckpoint) {
  const steps: StepEvent[] = [];
  const kept: Checkpoint[] = [];
  const checkpoints = {
    async save({ tensors, state }: Checkpoint) {
      const copies = [...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]);
      kept.push({ tensors: new Map(copies as [string, Tensor][]), state });
      return { file: "memory", bytes: 0 };
    },
  };
  const task = regression(modelOf(startState()), dataset, { dropout: 0 });
  const trainer = new Trainer(task, threads(lanes), { ...expected.options, epochs: 4, shuffle: false });
  for await (const event of trainer.fit({ checkpoints, checkpointEvery: { steps: 5 }, resumeFrom })) {
    if (event.event === "step") steps.push(event);
    if (event.event === "checkpoint" && event.step === expected.losses.length) break;
  }
  return { steps: steps.slice(0, expected.losses.length), kept, last: kept.at(-1)! };
}

async function answersOf(model: BertClassifier<"number">): Promise<Float32Array> {
  const device = threads(1);
  const engine = await device.open({ inference: inferencePrograms(model, device.shape) }, model.parameters);
  try {
    return await infer(engine, dataset, model, device);
  } finally {
    await engine.close();
  }
}

test.each([1, 2])("makes PyTorch's steps on %d threads", async (lanes) => {
  const { steps, last } = await train(lanes);
  expect(steps.map(({ loss }) => loss)).toBeCloseToTensor(expected.losses, { absolute: 1e-6 });
  expect(steps.map(({ gradientNorm }) => gradientNorm!)).toBeCloseToTensor(expected.norms, {
    relative: 3e-6,
  });
  for (const [name, values] of Object.entries(expected.parameters)) {
    const data = last.tensors.get(name)!.data as Float32Array;
    expect(data.subarray(0, values.length), name).toBeCloseToTensor(values, { absolute: 1e-6 });
  }
  const answers = await answersOf(
    modelOf(new Map([...last.tensors].filter(([name]) => /^(encoder|hidden|output)\./.test(name)))),
  );
  expect(answers).toBeCloseToTensor(expected.predicted, { absolute: 1e-6 });
});

test("goes on from a checkpoint to the same bits", async () => {
  const { kept, last } = await train(2);
  const [first] = kept;
  const resumed = await train(2, { ...first!, state: { ...first!.state } });
  expect(resumed.last.tensors).toEqual(last.tensors);
});

test("is measured by the error and both correlations", async () => {
  const model = modelOf(startState());
  const answers = await answersOf(model);
  const errors = [...answers].map((answer, i) => (answer - dataset.numbers[i]!) ** 2);
  // So small a step that the answers after it are those before it.
  const options = { epochs: 1, learningRate: 1e-30 };
  const events = new Trainer(regression(model, dataset, { dropout: 0 }), threads(1), options).fit({
    test: dataset,
  });
  let figures: Figures = {};
  for await (const event of events) if (event.event === "epoch" && event.test) figures = event.test;
  expect(figures.loss).toBeCloseTo(errors.reduce((sum, error) => sum + error) / errors.length, 6);
  expect(figures.pearson).toBeCloseTo(pearson(answers, dataset.numbers), 6);
  expect(figures.spearman).toBe(spearman(answers, dataset.numbers));
});

function fixture(name: string): Buffer {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url));
}
