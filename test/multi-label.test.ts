/** A model that answers with any of its labels, against what PyTorch makes of it in ten steps. */
import { expect, test } from "vitest";
import { TextDataset } from "../src/data/text-dataset.js";
import { multiLabel } from "../src/tasks/multi-label.js";
import {
  encoded,
  expectTenSteps,
  fixture,
  modelOf,
  startState,
  type TenSteps,
  train,
} from "./support/ten-steps.js";

/** What tools/make-training-fixtures.py recorded, with the labels of each example. */
const expected: TenSteps & { sets: number[][] } = JSON.parse(fixture("training/multi-label.json").toString());

const anyOf = ["calm", "loud", "tall"];
const dataset = new TextDataset({
  ...encoded,
  labels: Int32Array.from(expected.sets.keys()),
  labelSets: expected.sets,
  labelNames: anyOf,
});
const task = () => multiLabel(modelOf(startState(expected), { anyOf }), dataset, { dropout: 0 });

test.each([1, 2])("makes PyTorch's steps on %d threads", async (lanes) => {
  await expectTenSteps(expected, dataset, { anyOf }, task(), lanes);
});

test("goes on from a checkpoint to the same bits", async () => {
  const { kept, last } = await train(expected, task(), 2);
  const [first] = kept;
  const resumed = await train(expected, task(), 2, { ...first!, state: { ...first!.state } });
  expect(resumed.last.tensors).toEqual(last.tensors);
});
