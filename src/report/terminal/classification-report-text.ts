import type { ClassificationReport } from "../../metrics/classification-report.js";
import { type ConfusionMatrix, condense } from "../../metrics/confusion-matrix.js";
import { mostFrequent } from "../../metrics/most-frequent.js";
import { alignColumns } from "../../text/align-columns.js";
import { formatCount } from "./format-quantity.js";

/** Labels that have rows of their own: those that most examples have. */
const SHOWN = 20;
/** Characters of a label. */
const LONGEST_LABEL = 32;
const KEPT_START = 20;
/** Confusions that are listed where a matrix has no room. */
const LISTED = 15;

/**
 * A report as lines for a terminal: scores of each label, the whole, and the confusion matrix, whose columns are numbered
 * where their names have no room; where the numbers have none either, the most frequent confusions.
 * @param columns width of the terminal in characters
 */
export function formatClassificationReport(report: ClassificationReport, columns = USUAL_COLUMNS): string[] {
  const { perClass } = report;
  const supports = perClass.map((scores) => scores.support);
  const support = supports.reduce((total, count) => total + count, 0);
  const shown = mostFrequent(supports, SHOWN).map((label) => perClass[label]!);
  const scores = [
    ["label", "precision", "recall", "f1", "support"],
    ...shown.map(({ label, precision, recall, f1, support }) => [
      shortenLabel(label),
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
  const hidden = perClass.length - shown.length;
  const note = hidden === 0 ? [] : [`the ${SHOWN} most frequent labels; ${hidden} others are not shown`, ""];
  const whole = `accuracy ${formatScore(report.accuracy)}, macro f1 ${formatScore(report.macroF1)}, matthews ${formatScore(report.matthews)}, ${support} ${support === 1 ? "example" : "examples"}`;
  return [...table(scores), "", ...note, whole, "", ...confusionLines(confusion, columns)];
}

const USUAL_COLUMNS = 80;

function confusionLines(confusion: ConfusionMatrix, columns: number): string[] {
  const { counts } = confusion;
  const labels = confusion.labels.map(shortenLabel);
  const named = table([
    ["true \\ predicted", ...labels],
    ...counts.map((row, index) => [labels[index]!, ...row.map(String)]),
  ]);
  if (fits(named, columns)) return named;
  const numbers = labels.map((_, index) => String(index + 1));
  const width = numbers.length < 10 ? 1 : 2;
  const numbered = table([
    ["true \\ predicted", ...numbers],
    ...counts.map((row, index) => [
      `${numbers[index]!.padStart(width)} ${labels[index]}`,
      ...row.map((count) => (count === 0 ? "." : String(count))),
    ]),
  ]);
  return fits(numbered, columns) ? numbered : frequentConfusions(confusion, labels);
}

/** The wrong answers that are given most often. */
function frequentConfusions({ counts }: ConfusionMatrix, labels: readonly string[]): string[] {
  const wrong = counts
    .flatMap((row, truth) => row.map((count, given) => ({ truth, given, count })))
    .filter(({ truth, given, count }) => truth !== given && count > 0)
    .toSorted((a, b) => b.count - a.count);
  if (wrong.length === 0) return ["no label is taken for another"];
  const rows = wrong
    .slice(0, LISTED)
    .map(({ truth, given, count }) => [labels[truth]!, labels[given]!, formatCount(count)]);
  const others = wrong.slice(LISTED).reduce((sum, { count }) => sum + count, 0);
  return [
    "the most frequent confusions (--json has the whole matrix)",
    ...alignColumns([["true", "predicted", "examples"], ...rows], { others: "left" }),
    ...(others === 0 ? [] : [`and ${formatCount(others)} examples of other confusions`]),
  ];
}

function table(rows: readonly (readonly string[])[]): string[] {
  return alignColumns(rows, { others: "right" });
}

function fits(lines: readonly string[], columns: number): boolean {
  return lines.every((line) => line.length <= columns);
}

/** A long label without its middle: labels of one kind often begin alike. */
export function shortenLabel(label: string): string {
  const characters = Array.from(label);
  if (characters.length <= LONGEST_LABEL) return label;
  return `${characters.slice(0, KEPT_START).join("")}…${characters.slice(KEPT_START + 1 - LONGEST_LABEL).join("")}`;
}

function formatScore(score: number): string {
  return score.toFixed(3);
}
