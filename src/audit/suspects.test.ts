import { expect, test } from "vitest";
import { TextDataset } from "../data/text-dataset.js";
import { suspectsOf } from "./suspects.js";

const nothing = { tokenIds: new Int32Array(), truncated: 0, skipped: 0 };
const base = (size: number) => ({
  ...nothing,
  offsets: new Int32Array(size + 1),
  firstLengths: new Int32Array(size),
});

test("of one label each, a label that the model contradicts, with what it says instead", () => {
  const labels = Int32Array.of(0, 0, 0, 1, 1, 1);
  const set = new TextDataset({ ...base(6), labels, labelNames: ["calm", "loud"] });
  const outputs = Float32Array.of(3, -3, 2, -2, -3, 3, -2, 2, -3, 3, -2, 2);
  const { suspects, joint } = suspectsOf(set, outputs);
  expect(suspects).toEqual([
    {
      example: 2,
      given: "calm",
      suggested: "loud",
      score: expect.closeTo(Math.exp(-6) / (1 + Math.exp(-6)), 9),
    },
  ]);
  expect(joint).toHaveLength(2);
});

test("of any labels, one that is missing and one that should not be there", () => {
  const set = new TextDataset({
    ...base(6),
    labels: Int32Array.of(0, 0, 1, 1, 0, 1),
    labelSets: [[0], []],
    labelNames: ["joy"],
  });
  const outputs = Float32Array.of(3, 2, -3, -2, -4, 4);
  expect(
    suspectsOf(set, outputs).suspects.map(({ example, given, suggested }) => [example, given, suggested]),
  ).toEqual([
    [4, "joy", "not joy"],
    [5, "not joy", "joy"],
  ]);
});

test("of numbers, those that are missed by far more than the others", () => {
  const set = new TextDataset({
    ...base(7),
    labels: new Int32Array(7).fill(-1),
    labelNames: [],
    numbers: Float32Array.of(1, 2, 3, 4, 5, 1.5, 9),
  });
  const outputs = Float32Array.of(1.1, 2, 2.9, 4.1, 4.9, 1.5, 3.25);
  expect(suspectsOf(set, outputs).suspects).toEqual([
    { example: 6, given: "9", suggested: "3.25", score: 5.75 },
  ]);
});
