import { expect, test } from "vitest";
import { sampleAnswers, sampleRun } from "../../test/support/sample-run.js";
import { compareRuns } from "./comparison.js";
import { formatComparison } from "./comparison-text.js";

const right = sampleAnswers.map((answer) => ({ ...answer, predictedLabel: answer.trueLabel }));
const first = { name: "runs/a", run: sampleRun, answers: sampleAnswers };
const second = {
  name: "runs/b",
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
calibration error     0.4500   0.4500
train loss            0.5000   0.5000
train accuracy        0.7500   0.7500
examples per second    100.0    123.5
parameters           1234567  1234567

What differs:
            runs/a  runs/b
batch size      32      64
limit         none      10

McNemar's exact test on 4 pairs, two-sided:
runs/b against runs/a: accuracy +0.5000; only runs/b right 2, only runs/a right 0; p 0.5000

p is how likely the pairs that only one of the two models gets right would split at least this unevenly if both
were in general right equally often. It speaks of these trained models on pairs such as these, not of their
settings: the same settings with another seed give another model.
`);
});

test("formatComparison says when nothing differs, and what adjusting is for", () => {
  const same = formatComparison(compareRuns([first, first, { ...first, name: "c" }])).join("\n");
  expect(same).toContain("The runs have the same settings, data and machine.");
  expect(same).toContain("make up for there being 2 tests");
});
