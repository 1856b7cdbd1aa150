/** A model that answers with a number, against what PyTorch makes of it in ten steps. */
import { expect, test } from "vitest";
import { TextDataset } from "../src/data/text-dataset.js";
import { pearson, spearman } from "../src/metrics/correlation.js";
import { threads } from "../src/runtime/threads/threads.js";
import type { Figures } from "../src/tasks/figures.js";
import { regression } from "../src/tasks/regression.js";
import { Trainer } from "../src/train/trainer.js";
import {
  answersOf,
  encoded,
  expectTenSteps,
  fixture,
  modelOf,
  startState,
  type TenSteps,
  train,
} from "./support/ten-steps.js";

/** What tools/make-training-fixtures.py recorded, with what each example is to be answered with. */
const expected: TenSteps & { numbers: number[] } = JSON.parse(fixture("training/regression.json").toString());

const dataset = new TextDataset({ ...encoded, numbers: Float32Array.from(expected.numbers) });
const startModel = () => modelOf(startState(expected), "number");
const task = () => regression(startModel(), dataset, { dropout: 0 });

test.each([1, 2])("makes PyTorch's steps on %d threads", async (lanes) => {
  await expectTenSteps(expected, dataset, "number", task(), lanes);
});

test("goes on from a checkpoint to the same bits", async () => {
  const { kept, last } = await train(expected, task(), 2);
  const [first] = kept;
  const resumed = await train(expected, task(), 2, { ...first!, state: { ...first!.state } });
  expect(resumed.last.tensors).toEqual(last.tensors);
});

test("is measured by the error and both correlations", async () => {
  const answers = await answersOf(startModel(), dataset);
  const errors = [...answers].map((answer, i) => (answer - dataset.numbers[i]!) ** 2);
  // So small a step that the answers after it are those before it.
  const events = new Trainer(task(), threads(1), { epochs: 1, learningRate: 1e-30 }).fit({ test: dataset });
  let figures: Figures = {};
  for await (const event of events) if (event.event === "epoch" && event.test) figures = event.test;
  expect(figures.loss).toBeCloseTo(errors.reduce((sum, error) => sum + error) / errors.length, 6);
  expect(figures.pearson).toBeCloseTo(pearson(answers, dataset.numbers), 6);
  expect(figures.spearman).toBe(spearman(answers, dataset.numbers));
});
