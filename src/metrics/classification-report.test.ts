import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import { classificationReport } from "./classification-report.js";

const LABELS = ["entailment", "contradiction", "neutral"];

describe("classificationReport", () => {
  test("counts and scores as by hand", () => {
    const truth = Int32Array.of(0, 0, 0, 0, 1, 1, 1, 2, 2, 2);
    const predicted = Int32Array.of(0, 0, 0, 2, 1, 0, 2, 2, 2, 1);
    const report = classificationReport(truth, predicted, LABELS);
    expect(report.confusion).toEqual([
      [3, 0, 1],
      [1, 1, 1],
      [0, 1, 2],
    ]);
    expect(report.accuracy).toBe(0.6);
    expect(report.perClass).toEqual([
      { label: "entailment", precision: 3 / 4, recall: 3 / 4, f1: 3 / 4, support: 4 },
      { label: "contradiction", precision: 1 / 2, recall: 1 / 3, f1: 2 / 5, support: 3 },
      { label: "neutral", precision: 2 / 4, recall: 2 / 3, f1: 4 / 7, support: 3 },
    ]);
    expect(report.macroF1).toBeCloseTo((3 / 4 + 2 / 5 + 4 / 7) / 3, 12);
  });

  test("gives 0 for what has no value: a label never predicted, a label never true, a label in neither", () => {
    const report = classificationReport(Int32Array.of(0, 0, 1), Int32Array.of(0, 2, 0), [...LABELS, "other"]);
    expect(report.perClass).toEqual([
      { label: "entailment", precision: 1 / 2, recall: 1 / 2, f1: 1 / 2, support: 2 },
      { label: "contradiction", precision: 0, recall: 0, f1: 0, support: 1 },
      { label: "neutral", precision: 0, recall: 0, f1: 0, support: 0 },
      { label: "other", precision: 0, recall: 0, f1: 0, support: 0 },
    ]);
    // As scikit-learn's f1_score(average="macro"): the label in neither does not count.
    expect(report.macroF1).toBe((1 / 2 + 0 + 0) / 3);
  });

  test("has scikit-learn's matthews_corrcoef", () => {
    const matthews = (truth: number[], predicted: number[]) =>
      classificationReport(Int32Array.from(truth), Int32Array.from(predicted), LABELS).matthews;
    expect(matthews([0, 1, 1, 2, 2, 2, 0], [0, 1, 2, 2, 2, 0, 1])).toBeCloseTo(0.34375, 12);
    expect(matthews([0, 1, 1], [0, 0, 1])).toBeCloseTo(0.5, 12);
    expect(matthews([0, 0], [0, 0])).toBe(0);
  });

  test("refuses lengths that differ, no examples, and labels out of range", () => {
    const refused = (truth: number[], predicted: number[]) => () =>
      classificationReport(Int32Array.from(truth), Int32Array.from(predicted), LABELS);
    expect(refused([0, 1], [0])).toThrow(/2 true labels but 1 predicted/);
    expect(refused([], [])).toThrow(/no examples/);
    expect(refused([0, -1], [0, 0])).toThrow(/example 1 has the true label -1; .*entailment/);
    expect(refused([0], [3])).toThrow(/example 0 has the predicted label 3/);
    expect(refused([0], [3])).toThrow(TunebertError);
  });
});
