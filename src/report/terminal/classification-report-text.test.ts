import { expect, test } from "vitest";
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
    "accuracy 0.600, macro f1 0.574, 10 examples",
    "",
    "true \\ predicted  entailment  contradiction  neutral",
    "entailment                 3              0        1",
    "contradiction              1              1        1",
    "neutral                    0              1        2",
  ]);
});
