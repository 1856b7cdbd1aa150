import type { ClassificationReport } from "../metrics/classification-report.js";
import { condense } from "../metrics/confusion-matrix.js";
import { mostFrequent } from "../metrics/most-frequent.js";

/** Labels that have rows of their own: those that most examples have. */
const SHOWN = 20;

/** A report as plain text for a terminal: scores of each label, the whole, and the confusion matrix. */
export function formatClassificationReport(report: ClassificationReport): string {
  const { perClass } = report;
  const supports = perClass.map((scores) => scores.support);
  const support = supports.reduce((total, count) => total + count, 0);
  const shown = mostFrequent(supports, SHOWN).map((label) => perClass[label]!);
  const scores = alignTable([
    ["label", "precision", "recall", "f1", "support"],
    ...shown.map(({ label, precision, recall, f1, support }) => [
      label,
      ...[precision, recall, f1].map(formatScore),
      String(support),
    ]),
  ]);
  const confusion = condense(
    {
      labels: report.confusionLabels ?? perClass.map(({ label }) => label),
      counts: report.confusion,
      others: report.confusionLabels !== undefined,
    },
    SHOWN,
  );
  const counts = alignTable([
    ["true \\ predicted", ...confusion.labels],
    ...confusion.counts.map((row, index) => [confusion.labels[index]!, ...row.map(String)]),
  ]);
  const hidden = perClass.length - shown.length;
  const note = hidden === 0 ? "" : `the ${SHOWN} most frequent labels; ${hidden} others are not shown\n\n`;
  const whole = `accuracy ${formatScore(report.accuracy)}, macro f1 ${formatScore(report.macroF1)}, ${support} ${support === 1 ? "example" : "examples"}`;
  return `${scores}\n\n${note}${whole}\n\n${counts}\n`;
}

function formatScore(score: number): string {
  return score.toFixed(3);
}

/** Rows as lines: the first column flush left, the others flush right. */
function alignTable(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join("  "),
    )
    .join("\n");
}
