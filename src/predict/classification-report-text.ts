import type { ClassificationReport } from "../metrics/classification-report.js";
import { alignColumns } from "../text/align-columns.js";

/** A report as lines for a terminal: scores of each label, the whole, and the confusion matrix. */
export function formatClassificationReport(report: ClassificationReport): string[] {
  const labels = report.perClass.map((scores) => scores.label);
  const support = report.perClass.reduce((total, scores) => total + scores.support, 0);
  const scores = [
    ["label", "precision", "recall", "f1", "support"],
    ...report.perClass.map(({ label, precision, recall, f1, support }) => [
      label,
      ...[precision, recall, f1].map(formatScore),
      String(support),
    ]),
  ];
  const confusion = [
    ["true \\ predicted", ...labels],
    ...report.confusion.map((row, index) => [labels[index]!, ...row.map(String)]),
  ];
  const whole = `accuracy ${formatScore(report.accuracy)}, macro f1 ${formatScore(report.macroF1)}, ${support} ${support === 1 ? "example" : "examples"}`;
  const table = (rows: readonly string[][]) => alignColumns(rows, { others: "right" });
  return [...table(scores), "", whole, "", ...table(confusion)];
}

function formatScore(score: number): string {
  return score.toFixed(3);
}
