/** A training run that never was, with answers to four pairs. */
import type { AnsweredExample } from "../../src/metrics/answered-example.js";
import { evaluateAnswers } from "../../src/metrics/evaluation.js";
import type { LearningCurves } from "../../src/report/charts/learning-curves.js";
import type { RunRecord } from "../../src/report/files/run-record.js";

const LABELS = ["same", "other"];

export const sampleAnswers: AnsweredExample[] = [
  answer("a cat sleeps", "a cat", "same", 0.9),
  answer("a cat sleeps", "a <b>dog</b> & \u202e| a `fox`", "other", 0.8),
  answer("two birds sing", "two birds do not sing", "other", 0.3),
  answer("it rains", "it rains", "same", 0.4),
];

export const sampleCurves: LearningCurves = {
  train: {
    loss: [
      { epoch: 1, value: 0.7 },
      { epoch: 2, value: 0.5 },
    ],
    accuracy: [
      { epoch: 1, value: 0.5 },
      { epoch: 2, value: 0.75 },
    ],
  },
  validation: {},
  test: {
    accuracy: [
      { epoch: 1, value: 0.25 },
      { epoch: 2, value: 0.5 },
    ],
  },
};

export const sampleRun: RunRecord = {
  name: "same <or> other",
  tunebert: "1.2.3",
  finished: "2026-11-25T10:11:12.345Z",
  model: {
    labels: LABELS,
    parameters: 1_234_567,
    maxLength: 64,
    truncation: "ratio",
    texts: 2,
    vocabularySize: 100,
    hidden: 16,
    ffn: 32,
    heads: 2,
    blocks: 1,
    maxPositions: 64,
  },
  settings: { batchSize: 32, shuffle: true, classWeights: { same: 1, other: 2 }, limit: undefined },
  data: {
    train: { name: "train.csv", sha256: "ab".repeat(32), pairs: 4000, skipped: 3, truncated: 0 },
    test: { name: "test.csv", pairs: 4, skipped: 0, truncated: 1, unknownShare: 0.125 },
  },
  machine: {
    processor: "Abacus (R)",
    cores: 2,
    memoryGiB: 8,
    system: "Linux x64",
    node: "v20.1.2",
    onnxruntime: "1.30.0",
  },
  training: {
    epochs: 2,
    savedEpoch: 1,
    steps: 250,
    threads: 2,
    seconds: 80,
    examplesPerSecond: 100,
    train: { loss: 0.5, accuracy: 0.75 },
  },
  evaluation: { data: "test", ...evaluateAnswers(sampleAnswers, LABELS) },
};

/** What a model answers that gives "same" this probability. */
function answer(text: string, textPair: string, trueLabel: string, same: number): AnsweredExample {
  const predictedLabel = same > 0.5 ? "same" : "other";
  const probabilities = [
    { label: "same", probability: same },
    { label: "other", probability: 1 - same },
  ];
  return { text, textPair, trueLabel, predictedLabel, probabilities };
}
