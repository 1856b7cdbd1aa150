import { expect, test } from "vitest";
import { sampleRun } from "../../../test/support/sample-run.js";
import { modelCard } from "./model-card.js";

const { evaluation: _, ...withoutEvaluation } = sampleRun;

test("modelCard begins with the hub's metadata", () => {
  expect(metadata(modelCard(sampleRun))).toBe(`library_name: tunebert
pipeline_tag: text-classification
tags:
- bert
- text-pair-classification
metrics:
- accuracy
- f1
- matthews_correlation
model-index:
- name: "same <or> other"
  results:
  - task:
      type: text-classification
    dataset:
      type: "test.csv"
      name: "test.csv"
      split: test
    metrics:
    - type: accuracy
      value: 0.5
    - type: f1
      name: Macro F1
      value: 0.5
    - type: matthews_correlation
      name: Matthews correlation
      value: 0`);
});

test("modelCard has no results where nothing was measured", () => {
  const card = modelCard(withoutEvaluation);
  expect(metadata(card)).not.toContain("model-index");
  expect(card).toContain("it is not known how well the model answers");
  expect(card).toContain("75.0 % of the training examples right");
  expect(card).not.toMatch(/undefined|NaN/);
});

test("modelCard tells what the run knows", () => {
  const card = modelCard(sampleRun);
  expect([...card.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([
    "What it does",
    "How to use it",
    "Training data",
    "Settings",
    "Results",
    "Limits",
  ]);
  for (const text of [
    "# same \\<or\\> other\n",
    "- training: 4,000 examples of `train.csv`; 3 more without a label; SHA-256 of the file `abab",
    "- test: 4 examples of `test.csv`; 1 truncated",
    "- batch size: 32",
    '- class weights: `{"same":1,"other":2}`',
    "| same | 0.500 | 0.500 | 0.500 | 2 |",
    "accuracy is 0.5000",
    "2 epochs of 125 steps, at\n100 examples/s on 2 threads (Abacus \\(R\\),\n2 cores, Node 20.1.2). The model is that of epoch 1.",
  ]) {
    expect(card).toContain(text);
  }
  expect(card).not.toMatch(/undefined|NaN|^license/m);
});

test("modelCard names the task where the labels are those of natural language inference", () => {
  const labels = ["neutral", "entailment", "contradiction"];
  const card = modelCard({ ...withoutEvaluation, model: { ...sampleRun.model, labels } });
  expect(metadata(card)).toContain("- natural-language-inference");
});

test("modelCard of a model of single texts speaks of one text", () => {
  const run = { ...sampleRun, model: { ...sampleRun.model, texts: 1 as const } };
  const card = modelCard(run);
  expect(metadata(card)).not.toContain("text-pair-classification");
  expect(card).toContain("A BERT classifier of texts, trained");
  expect(card).toContain('predict --model FOLDER "the text"\n');
  expect(card).toContain('predictor.predict([{ text: "the text" }]);');
  expect(card).not.toMatch(/pair|two texts|overlap|truncation: /);
});

test("modelCard warns of results on the pairs that chose the model", () => {
  const evaluation = { ...sampleRun.evaluation!, data: "validation" as const };
  const data = { ...sampleRun.data, validation: sampleRun.data.test };
  expect(modelCard({ ...sampleRun, data, evaluation })).toContain("the results flatter it");
});

function metadata(card: string): string {
  return /^---\n(.*?)\n---\n/s.exec(card)![1]!;
}
