import { beforeAll, describe, expect, test } from "vitest";
import { sampleAnswers, sampleCurves, sampleRun } from "../../../test/support/sample-run.js";
import { evaluateAnswers } from "../../metrics/evaluation.js";
import { reportPage } from "./report-page.js";

const wrong = sampleAnswers.filter(({ trueLabel, predictedLabel }) => trueLabel !== predictedLabel);
const mistakes = wrong.map((answer, i) => ({ answer, alike: i }));

describe("reportPage", () => {
  let page: string;

  beforeAll(async () => {
    page = await reportPage({ run: sampleRun, curves: sampleCurves, mistakes });
  });

  test("needs nothing but itself", () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).not.toMatch(
      /<(script|link|img|iframe|object|base)\b|\bsrc=|\bhref=|url\(|@import|\bon\w+=/i,
    );
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  test("has every section, each with its heading", () => {
    const headings = [...page.matchAll(/<section aria-labelledby="(\w+)"><h2 id="(\w+)">([^<]*)</g)];
    for (const [, label, id] of headings) expect(label).toBe(id);
    expect(headings.map(([, , , text]) => text)).toEqual([
      "Learning curves",
      "Confusion matrix",
      "Each label",
      "Accuracy by length and by overlap",
      "Calibration",
      "The most confident mistakes",
      "Settings",
      "Data",
      "Machine and speed",
    ]);
    expect(new Set(headings.map(([, , id]) => id)).size).toBe(headings.length);
  });

  test("shows what the run reached", () => {
    for (const text of ["50.0 %", "0.500", "1,234,567", "100.0", "1m 20s", "2026-11-25 10:11:12 UTC"]) {
      expect(page).toContain(text);
    }
    expect(rows(page)).toEqual(
      expect.arrayContaining([
        "same 1 50 % 1 50 %",
        "other 1 50 % 1 50 %",
        "same 0.500 0.500 0.500 2",
        "batch size 32",
        "shuffle yes",
        "saved model that of epoch 1 of 2",
        "class weights {&#34;same&#34;:1,&#34;other&#34;:2}",
        `SHA-256 of the file ${"ab".repeat(32)}`,
        "skipped without a label 3",
      ]),
    );
    expect(page).not.toMatch(/>limit<|undefined|NaN|Infinity|\[object/);
  });

  test("draws charts in the colours of the page, with a description each", () => {
    const charts = [...page.matchAll(/<svg role="img" aria-label="([^"]*)"/g)].map(([, label]) => label);
    expect(charts).toEqual([
      "Learning curves, ending at train loss 0.500",
      "Learning curves, ending at train accuracy 0.750, test accuracy 0.500",
      "Accuracy by length in words: 4: 0 of 1 (0 %), 5: 1 of 1 (100 %), 8: 1 of 1 (100 %), 9: 0 of 1 (0 %)",
      expect.stringMatching(/^Accuracy by overlap of the texts: \d+ %: /),
      expect.stringMatching(/^Accuracy at confidence: .*; expected calibration error 0\.\d{3}$/),
    ]);
    const drawn = [...page.matchAll(/<svg .*?<\/svg>/gs)].join();
    expect(drawn).toContain('fill="var(--first)"');
    expect(drawn).not.toMatch(/(?:fill|stroke)="(?:#|black|white)/);
  });

  test("escapes what comes from the data", () => {
    expect(page).toContain("<title>same &#60;or&#62; other: training report</title>");
    expect(page).toContain("a &#60;b&#62;dog&#60;/b&#62; &#38; \u202e| a `fox`");
    expect(page).not.toContain("<b>");
  });

  test("lists the mistakes with their texts and probabilities", () => {
    const list = /<ol class="mistakes">.*?<\/ol>/s.exec(page)![0];
    expect(list.match(/<li>/g)).toHaveLength(2);
    expect(list).toContain("<strong>same</strong>, probability 0.800");
    expect(list).toContain("<strong>other</strong>, probability 0.200");
    expect(list.match(/more answer/g)).toHaveLength(1);
    expect(list).toContain("1 more answer like this one");
  });

  test("tells the accuracy beside that of the simplest classifier, and how many examples each label has", () => {
    const key = /<dl class="key">.*?<\/dl>/s
      .exec(page)![0]
      .replaceAll(/<[^>]*>/g, " ")
      .replaceAll(/\s+/g, " ");
    expect(key).toContain("test accuracy 50.0 % 2 of 4 (50 %); 95 % interval 15.0 % to 85.0 %");
    expect(key).toContain("most frequent label 50.0 % the accuracy of always answering “ same ”");
    expect(key).toContain("unknown words 12.5 % of those of the test examples");
    expect(page).toContain("<bdi>same</bdi> 2 of 4 (50 %)");
  });

  test("marks groups of confidence that are too small to tell anything", () => {
    expect(page).toContain("a hollow one for fewer than 10, too few to tell");
    expect(rows(page).filter((row) => row.endsWith("too few to tell")).length).toBeGreaterThan(0);
  });
});

test("a report on a run without unseen pairs says so", async () => {
  const { evaluation: _, ...run } = sampleRun;
  const page = await reportPage({ run, curves: { ...sampleCurves, test: {} }, mistakes: [] });
  expect(page).toContain("neither test nor validation examples");
  expect(page).not.toContain("Confusion matrix");
  expect(page).toContain("Machine and speed");
});

test("a report says which epoch's model it is, and marks it in the curves", async () => {
  const data = { ...sampleRun.data, validation: sampleRun.data.test };
  const page = await reportPage({ run: { ...sampleRun, data }, curves: sampleCurves });
  expect(page).toContain("of <strong>epoch 1</strong>, the best on the validation examples by accuracy.");
  expect(page.match(/>kept: epoch 1</g)).toHaveLength(2);
  const last = await reportPage({ run: sampleRun, curves: sampleCurves });
  expect(last).toContain("2 epochs of 4,000 examples; the model and all its figures here are of the last.");
  expect(last).not.toContain("kept: epoch");
});

test("a wide matrix is narrow in its cells, and empty where there are no examples", async () => {
  const labels = Array.from({ length: 18 }, (_, i) => `${"a long name of a label ".repeat(4)}${i}`);
  const answers = labels.flatMap((label, i) =>
    [label, labels[(i + 1) % 18]!].map((predictedLabel) => ({
      ...{ text: "a", trueLabel: label, predictedLabel },
      probabilities: [{ label: predictedLabel, probability: 1 }],
    })),
  );
  const evaluation = { ...evaluateAnswers(answers, labels), data: "test" as const };
  const run = { ...sampleRun, model: { ...sampleRun.model, labels }, evaluation };
  const page = await reportPage({ run, curves: sampleCurves });
  const matrix = /<table class="wide confusion">.*?<\/table>/s.exec(page)![0];
  expect(matrix.match(/<td[^>]*><\/td>/g)).toHaveLength(18 * 16);
  expect(matrix.match(/1<small>50 %<\/small>/g)).toHaveLength(36);
  expect(page).toContain("The matrix scrolls sideways");
});

test("a report on a run without mistakes says so", async () => {
  const evaluation = { ...sampleRun.evaluation!, accuracy: 1 };
  const page = await reportPage({ run: { ...sampleRun, evaluation }, curves: sampleCurves, mistakes: [] });
  expect(page).toContain("every answer is right");
});

test("a report on a model of single texts shows no overlap, and one text of each mistake", async () => {
  const answers = wrong.map(({ textPair: _, ...answer }) => answer);
  const evaluation = { ...evaluateAnswers(answers, sampleRun.model.labels), data: "test" as const };
  const run = { ...sampleRun, model: { ...sampleRun.model, texts: 1 as const }, evaluation };
  const page = await reportPage({
    run,
    curves: sampleCurves,
    mistakes: answers.map((answer) => ({ answer, alike: 0 })),
  });
  expect(page).toContain("A BERT that tells texts apart");
  expect(page).toContain('<h2 id="groups">Accuracy by length</h2>');
  expect(page).toContain("<dt>text</dt>");
  expect(page).not.toMatch(/overlap|<dt>second|undefined/i);
});

test("a long text is cut", async () => {
  const long = [{ answer: { ...wrong[0]!, text: "🙂".repeat(1000) }, alike: 0 }];
  const page = await reportPage({ run: sampleRun, curves: sampleCurves, mistakes: long });
  expect(page).toContain(`>${"🙂".repeat(600)}…<`);
});

/** The text of each row of the tables. */
function rows(page: string): string[] {
  return [...page.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    row!
      .replaceAll(/<[^>]*>/g, " ")
      .replaceAll(/\s+/g, " ")
      .trim(),
  );
}
