import type { ClassificationReport } from "../../metrics/classification-report.js";
import { condense } from "../../metrics/confusion-matrix.js";
import { mostFrequent } from "../../metrics/most-frequent.js";
import { alignColumns } from "../../text/align-columns.js";

/** Labels that have rows of their own: those that most examples have. */
const SHOWN = 20;

/** A report as lines for a terminal: scores of each label, the whole, and the confusion matrix. */
export function formatClassificationReport(report: ClassificationReport): string[] {
  const { perClass } = report;
  const supports = perClass.map((scores) => scores.support);
  const support = supports.reduce((total, count) => total + count, 0);
  const shown = mostFrequent(supports, SHOWN).map((label) => perClass[label]!);
  const scores = [
    ["label", "precision", "recall", "f1", "support"],
    ...shown.map(({ label, precision, recall, f1, support }) => [
      label,
      ...[precision, recall, f1].map(formatScore),
      String(support),
    ]),
  ];
  const confusion = condense(
    {
      labels: report.confusionLabels ?? perClass.map(({ label }) => label),
      counts: report.confusion,
      others: report.confusionLabels !== undefined,
    },
    SHOWN,
  );
  const counts = [
    ["true \\ predicted", ...confusion.labels],
    ...confusion.counts.map((row, index) => [confusion.labels[index]!, ...row.map(String)]),
  ];
  const hidden = perClass.length - shown.length;
  const note = hidden === 0 ? [] : [`the ${SHOWN} most frequent labels; ${hidden} others are not shown`, ""];
  const whole = `accuracy ${formatScore(report.accuracy)}, macro f1 ${formatScore(report.macroF1)}, ${support} ${support === 1 ? "example" : "examples"}`;
  const table = (rows: readonly string[][]) => alignColumns(rows, { others: "right" });
  return [...table(scores), "", ...note, whole, "", ...table(counts)];
}

function formatScore(score: number): string {
  return score.toFixed(3);
}
