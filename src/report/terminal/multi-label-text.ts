import type { MultiLabelReport } from "../../metrics/multi-label.js";
import { alignColumns } from "../../text/align-columns.js";
import { shortenLabel } from "./classification-report-text.js";

/** How good answers of any labels are, as lines for a terminal: the scores of each label, then the whole. */
export function formatMultiLabelReport(report: MultiLabelReport): string[] {
  const { examples, microF1, macroF1, exactMatch, perLabel } = report;
  const rows = perLabel.map(({ label, precision, recall, f1, threshold, support }) => [
    shortenLabel(label),
    ...[precision, recall, f1, threshold].map((score) => score.toFixed(3)),
    String(support),
  ]);
  return [
    ...alignColumns([["label", "precision", "recall", "f1", "threshold", "support"], ...rows], {
      others: "right",
    }),
    "",
    `micro f1 ${microF1.toFixed(3)}, macro f1 ${macroF1.toFixed(3)}, exact match ${exactMatch.toFixed(3)}, ` +
      `${examples} ${examples === 1 ? "example" : "examples"}`,
  ];
}
