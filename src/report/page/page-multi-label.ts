import type { MultiLabelReport } from "../../metrics/multi-label.js";
import type { MultiLabelAnswer } from "../../metrics/multi-label-answers.js";
import { type Html, html } from "../../text/html.js";
import type { HeldOutData } from "../files/run-record.js";
import { formatCount } from "../terminal/format-quantity.js";
import { excerpt, type KeyFigure, namesOf, percent, table } from "./page-parts.js";

/** What stands at the head of the page of a model that answers with any of its labels. */
export function multiLabelFigures({
  data,
  examples,
  microF1,
  macroF1,
  exactMatch,
}: MultiLabelReport & HeldOutData): KeyFigure[] {
  return [
    [
      `${data} micro F1`,
      microF1.toFixed(3),
      `of all labels of ${formatCount(examples)} ${data} examples together`,
    ],
    ["macro F1", macroF1.toFixed(3), "mean over the labels, however rare"],
    ["exact match", percent(exactMatch), "of the examples have all labels right and no other"],
  ];
}

/** The sections on which labels are told, and where the model errs. */
export function multiLabelSections(
  report: MultiLabelReport,
  mistakes: readonly MultiLabelAnswer[],
): readonly Html[] {
  return [labelSection(report), mistakeSection(mistakes)];
}

function labelSection({ perLabel }: MultiLabelReport): Html {
  const ordered = perLabel.toSorted((a, b) => b.support - a.support);
  return html`<section aria-labelledby="labels"><h2 id="labels">Labels</h2>
<p class="note">A label is answered where its probability reaches its threshold. The most frequent labels come first.</p>
${table({
  caption: "Scores of each label",
  columns: ["label", "precision", "recall", "F1", "threshold", "examples"],
  rows: ordered.map(({ label, precision, recall, f1, threshold, support }) => [
    label,
    ...[precision, recall, f1, threshold].map((score) => score.toFixed(3)),
    formatCount(support),
  ]),
})}</section>`;
}

function mistakeSection(mistakes: readonly MultiLabelAnswer[]): Html {
  return html`<section aria-labelledby="mistakes"><h2 id="mistakes">Most labels wrong</h2>
<p class="note">Some may be mistakes of the data rather than of the model.</p>
<ol class="mistakes">${mistakes.map(mistake)}</ol></section>`;
}

function mistake({ text, textPair, trueLabels, predictedLabels }: MultiLabelAnswer): Html {
  return html`<li><dl>
<dt>${textPair === undefined ? "text" : "first"}</dt><dd dir="auto">${excerpt(text)}</dd>
${textPair === undefined ? undefined : html`<dt>second</dt><dd dir="auto">${excerpt(textPair)}</dd>\n`}<dt>answer</dt><dd>${listed(predictedLabels)}</dd>
<dt>true</dt><dd>${listed(trueLabels)}</dd>
</dl></li>\n`;
}

function listed(labels: readonly string[]): Html {
  return labels.length === 0 ? html`no label` : html`<strong>${namesOf(labels)}</strong>`;
}
