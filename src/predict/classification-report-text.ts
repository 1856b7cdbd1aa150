import type { ClassificationReport } from "../metrics/classification-report.js";

/** A report as plain text for a terminal: scores of each label, the whole, and the confusion matrix. */
export function formatClassificationReport(report: ClassificationReport): string {
  const labels = report.perClass.map((scores) => scores.label);
  const support = report.perClass.reduce((total, scores) => total + scores.support, 0);
  const scores = alignTable([
    ["label", "precision", "recall", "f1", "support"],
    ...report.perClass.map(({ label, precision, recall, f1, support }) => [
      label,
      ...[precision, recall, f1].map(formatScore),
      String(support),
    ]),
  ]);
  const confusion = alignTable([
    ["true \\ predicted", ...labels],
    ...report.confusion.map((row, index) => [labels[index]!, ...row.map(String)]),
  ]);
  const whole = `accuracy ${formatScore(report.accuracy)}, macro f1 ${formatScore(report.macroF1)}, ${support} ${support === 1 ? "example" : "examples"}`;
  return `${scores}\n\n${whole}\n\n${confusion}\n`;
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
