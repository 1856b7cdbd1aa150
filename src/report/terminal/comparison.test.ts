import { expect, test } from "vitest";
import { sampleAnswers, sampleRun } from "../../../test/support/sample-run.js";
import { compareRuns } from "./comparison.js";
import { formatComparison } from "./comparison-text.js";

const right = sampleAnswers.map((answer) => ({ ...answer, predictedLabel: answer.trueLabel }));
const { model } = sampleRun;
const first = { name: "runs/a", model, run: sampleRun, answers: sampleAnswers };
const second = {
  name: "runs/b",
  model,
  run: {
    ...sampleRun,
    settings: { ...sampleRun.settings, batchSize: 64, limit: 10 },
    training: { ...sampleRun.training, examplesPerSecond: 123.45 },
  },
  answers: right,
};

test("compareRuns lays figures and differences side by side", () => {
  const { runs, pairs, figures, differences } = compareRuns([first, second]);
  expect(runs).toEqual(["runs/a", "runs/b"]);
  expect(pairs).toBe(4);
  expect(figures).toMatchObject({ accuracy: [0.5, 1], macroF1: [0.5, 1], examplesPerSecond: [100, 123.45] });
  expect(differences).toEqual({ batchSize: [32, 64], limit: [null, 10] });
});

test("compareRuns tests each run against the first, and adjusts for the number of tests", () => {
  const [only] = compareRuns([first, second]).tests;
  const { tests } = compareRuns([first, second, { ...first, name: "runs/c" }]);
  expect(tests).toEqual([
    {
      first: "runs/a",
      second: "runs/b",
      pairs: 4,
      onlyFirstRight: 0,
      onlySecondRight: 2,
      difference: 0.5,
      pValue: 0.5,
      adjustedPValue: 1,
    },
    expect.objectContaining({ second: "runs/c", difference: 0, pValue: 1, adjustedPValue: 1 }),
  ]);
  expect(only!.adjustedPValue).toBe(0.5);
});

test("formatComparison says it in words", () => {
  expect(
    `${formatComparison(compareRuns([first, second])).join("\n")}\n`,
  ).toBe(`                      runs/a   runs/b
accuracy              0.5000   1.0000
macro f1              0.5000   1.0000
matthews              0.0000   1.0000
calibration error     0.4500   0.4500
train loss            0.5000   0.5000
train accuracy        0.7500   0.7500
examples per second    100.0    123.5
parameters           1234567  1234567

What differs:
            runs/a  runs/b
batch size      32      64
limit         none      10

McNemar's exact test on 4 examples, two-sided:
runs/b against runs/a: accuracy +0.5000; only runs/b right 2, only runs/a right 0; p 0.5000

p is how likely the examples that only one of the two models gets right would split at least this unevenly if both
were in general right equally often. It speaks of these trained models on examples such as these, not of their
settings: the same settings with another seed give another model.
`);
});

test("formatComparison says when nothing differs, and what adjusting is for", () => {
  const same = formatComparison(compareRuns([first, first, { ...first, name: "c" }])).join("\n");
  expect(same).toContain("The runs have the same settings, data and machine.");
  expect(same).toContain("make up for there being 2 tests");
});

test("of a model whose training nobody recorded, its sizes are compared", () => {
  const bare = { name: "bare", model: { ...model, maxLength: 32 }, run: undefined, answers: right };
  const comparison = compareRuns([first, second, bare]);
  expect(comparison.figures).toMatchObject({ accuracy: [0.5, 1, 1], trainLoss: [0.5, 0.5, null] });
  expect(comparison.differences).toEqual({
    maxLength: [64, 64, 32],
    batchSize: [32, 64, undefined],
    limit: [null, 10, undefined],
  });
  const text = formatComparison(comparison).join("\n");
  expect(text).toMatch(/^batch size +32 +64 +unknown$/m);
  expect(text).toMatch(/^train loss +0\.5000 +0\.5000 +unknown$/m);
  const two = formatComparison(
    compareRuns([
      { ...bare, model },
      { ...bare, model },
    ]),
  ).join("\n");
  expect(two).not.toContain("train loss");
  expect(two).toContain("Nothing differs of what is known of all of them.");
});

test("a setting may have a name that every object has", () => {
  const settings = { ...sampleRun.settings, ...JSON.parse('{"constructor":1,"__proto__":2}') };
  const odd = { ...first, run: { ...sampleRun, settings } };
  const { differences } = compareRuns([first, odd]);
  expect(Object.entries(differences)).toEqual([
    ["constructor", [null, 1]],
    ["__proto__", [null, 2]],
  ]);
});

test("formatComparison takes very many differences", () => {
  const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`s${i}`, i]));
  const odd = { ...first, run: { ...sampleRun, settings: { ...sampleRun.settings, ...many } } };
  expect(formatComparison(compareRuns([first, odd]))).toContainEqual(expect.stringMatching(/^s199999 /));
});

test("compareRuns takes as many labels as a record may list", () => {
  const labels = [...model.labels, ...Array.from({ length: 200_000 }, (_, i) => `label ${i}`)];
  const wide = { ...first, model: { ...model, labels } };
  expect(compareRuns([wide, wide]).figures.accuracy).toEqual([0.5, 0.5]);
});
