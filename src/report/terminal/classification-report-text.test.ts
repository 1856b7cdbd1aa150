import { describe, expect, test } from "vitest";
import { classificationReport } from "../../metrics/classification-report.js";
import { formatClassificationReport } from "./classification-report-text.js";

test("formatClassificationReport aligns scores and the confusion matrix", () => {
  const truth = Int32Array.of(0, 0, 0, 0, 1, 1, 1, 2, 2, 2);
  const predicted = Int32Array.of(0, 0, 0, 2, 1, 0, 2, 2, 2, 1);
  const report = classificationReport(truth, predicted, ["entailment", "contradiction", "neutral"]);
  expect(formatClassificationReport(report)).toEqual([
    "label          precision  recall     f1  support",
    "entailment         0.750   0.750  0.750        4",
    "contradiction      0.500   0.333  0.400        3",
    "neutral            0.500   0.667  0.571        3",
    "",
    "accuracy 0.600, macro f1 0.574, matthews 0.400, 10 examples",
    "",
    "true \\ predicted  entailment  contradiction  neutral",
    "entailment                 3              0        1",
    "contradiction              1              1        1",
    "neutral                    0              1        2",
  ]);
});

describe("where there is little room", () => {
  const long = [
    "the customer asks where the order is",
    "the customer wants to send it back",
    "something else",
  ];
  const reportOf = (labels: readonly string[], truth: number[], predicted: number[]) =>
    classificationReport(Int32Array.from(truth), Int32Array.from(predicted), labels);

  test("columns are numbered, and long labels cut", () => {
    const lines = formatClassificationReport(reportOf(long, [0, 0, 1, 2], [0, 1, 1, 2]), 80);
    expect(lines.slice(7)).toEqual([
      "true \\ predicted                    1  2  3",
      "1 the customer asks wh…he order is  1  1  .",
      "2 the customer wants t…end it back  .  1  .",
      "3 something else                    .  .  1",
    ]);
    expect(lines.every((line) => line.length <= 80)).toBe(true);
  });

  test("of very many labels the most frequent confusions are listed", () => {
    const labels = Array.from({ length: 18 }, (_, i) => `intent number ${i + 1}`);
    const truth = labels.flatMap((_, i) => Array.from({ length: 120 }, () => i));
    const predicted = truth.map((label, i) => (i % 120 < 100 ? label : (label + 1) % 18));
    const lines = formatClassificationReport(reportOf(labels, truth, predicted), 80);
    expect(lines.slice(-17)).toEqual([
      "true              predicted         examples",
      ...Array.from(
        { length: 15 },
        (_, i) => `${`intent number ${i + 1}`.padEnd(16)}  ${`intent number ${i + 2}`.padEnd(16)}  20`,
      ),
      "and 60 examples of other confusions",
    ]);
    const right = formatClassificationReport(reportOf(labels, truth, truth), 80);
    expect(right.at(-1)).toBe("no label is taken for another");
  });
});
