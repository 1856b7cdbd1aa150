import { beforeAll, expect, test } from "vitest";
import { sampleCurves, sampleRun } from "../../../test/support/sample-run.js";
import { classificationReport } from "../../metrics/classification-report.js";
import type { RunRecord } from "../files/run-record.js";
import { formatClassificationReport } from "../terminal/classification-report-text.js";
import { modelCard } from "./model-card.js";
import { reportPage } from "./report-page.js";

const LABELS = 3000;
const labels = Array.from({ length: LABELS }, (_, i) => `label-${i}`);
/** Each label once, and the last 20 once more. */
const truth = Int32Array.from({ length: LABELS + 20 }, (_, i) => (i < LABELS ? i : 2 * LABELS - 1 - i));
const report = classificationReport(truth, truth, labels);
const run: RunRecord = {
  ...sampleRun,
  model: { ...sampleRun.model, labels },
  evaluation: { ...sampleRun.evaluation!, ...report },
};
let page: string;

beforeAll(async () => {
  page = await reportPage({ run, curves: sampleCurves, mistakes: [] });
});

test("the page shows the labels that most pairs have, and says so", () => {
  expect(page.length).toBeLessThan(200_000);
  expect([...page.matchAll(/<th scope="row">(?:<bdi>)?(label-\d+)</g)].map(([, label]) => label)).toEqual([
    ...labels.slice(-20),
    ...labels.slice(-20),
  ]);
  expect(page).toContain("others share the last row and column");
  expect(page).toContain("2,980 others have 2,980 examples");
  expect(page).toContain("<bdi>label-19</bdi> and 2980 more");
  expect(/<th scope="row"><bdi>others<.*?<\/tr>/s.exec(page)![0]).toMatch(
    /<td style="--share: 1\.000">2,980</,
  );
});

test("the model card shows the labels that most pairs have, and says so", () => {
  const card = modelCard(run);
  expect(card.length).toBeLessThan(20_000);
  expect(card.match(/^\| label-\d+ \|/gm)).toHaveLength(20);
  expect(card).toContain(
    "The 2,980 labels that fewer examples have are not in the table; 2,980 examples have one of them.",
  );
  expect(card).toContain("one of 3000 labels (`label-0`, ");
});

test("the terminal shows the labels that most examples have, and says so", () => {
  const lines = formatClassificationReport(report, 400);
  expect(lines).toHaveLength(1 + 20 + 5 + 1 + 21);
  expect(lines.reduce((widest, line) => Math.max(widest, line.length), 0)).toBeLessThan(400);
  expect(lines).toContain("the 20 most frequent labels; 2980 others are not shown");
  expect(lines).toContain("accuracy 1.000, macro f1 1.000, matthews 1.000, 3020 examples");
  expect(lines.at(-1)).toMatch(/^others +(0 +){20}2980$/);
});
