import { describe, expect, test } from "vitest";
import { bestThresholds, meanBinaryCrossEntropy, multiLabelReport, sigmoid } from "./multi-label.js";

const labels = ["calm", "loud", "tall", "never"];
// 4 examples of 4 labels.
const truth = Uint8Array.of(1, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0);
const probabilities = Float32Array.of(
  0.9,
  0.2,
  0.4,
  0.1,
  0.6,
  0.7,
  0.1,
  0.1,
  0.8,
  0.5,
  0.3,
  0,
  0.2,
  0.1,
  0.2,
  0,
);

describe("a report", () => {
  const report = multiLabelReport(truth, probabilities, labels);

  test("has scikit-learn's averages", () => {
    // f1_score(truth, probabilities >= 0.5, average=…, zero_division=0)
    expect(report.microF1).toBeCloseTo(8 / 10, 12);
    expect(report.macroF1).toBeCloseTo((0.8 + 1 + 0 + 0) / 4, 12);
    expect(report.exactMatch).toBe(2 / 4);
    expect(report.examples).toBe(4);
  });

  test("scores each label; one that is never true or answered counts 0", () => {
    expect(report.perLabel[0]).toEqual({
      ...{ label: "calm", precision: 2 / 3, recall: 1, f1: 0.8, support: 2, threshold: 0.5 },
    });
    expect(report.perLabel[3]).toMatchObject({ label: "never", precision: 0, recall: 0, f1: 0, support: 0 });
  });

  test("answers from a label's own threshold on", () => {
    const { perLabel, exactMatch } = multiLabelReport(truth, probabilities, labels, [0.65, 0.5, 0.35, 0.5]);
    expect(perLabel.map(({ f1 }) => f1)).toEqual([1, 1, 1, 0]);
    expect(exactMatch).toBe(1);
  });
});

test("thresholds give each label its highest F1, and stay at one half where that is as good", () => {
  const chosen = bestThresholds(truth, probabilities, 4);
  expect(chosen[0]).toBeCloseTo(0.7, 6); // between 0.8, which is true, and 0.6, which is not
  expect(chosen[1]).toBe(0.5);
  expect(chosen[2]).toBeCloseTo(0.35, 6);
  expect(chosen[3]).toBe(0.5); // nobody has the label
});

test("the same probability cannot be told apart by a threshold", () => {
  const [threshold] = bestThresholds(Uint8Array.of(1, 0, 1), Float32Array.of(0.4, 0.4, 0.2), 1);
  expect(threshold).toBeLessThanOrEqual(0.2); // all three are answered: F1 0.8, against 0.5 of the first two
});

test("the loss is PyTorch's binary_cross_entropy_with_logits, however large the logits", () => {
  const logits = Float32Array.of(0.5, -1.25, 2, -0.75, 3.5, -40);
  const wanted = Uint8Array.of(1, 0, 1, 0, 0, 1);
  expect(meanBinaryCrossEntropy(logits, wanted)).toBeCloseTo(7.461592583492663, 12);
  expect([...sigmoid(Float32Array.of(0, 1000, -1000))]).toEqual([0.5, 1, 0]);
});
