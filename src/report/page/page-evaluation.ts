import type { AccuracyGroup } from "../../metrics/accuracy-groups.js";
import { confidenceOf } from "../../metrics/answered-example.js";
import { condense } from "../../metrics/confusion-matrix.js";
import type { Evaluation } from "../../metrics/evaluation.js";
import { probabilityOf } from "../../metrics/label-probabilities.js";
import type { Mistake } from "../../metrics/mistakes.js";
import { wilsonInterval } from "../../metrics/wilson-interval.js";
import { Html, html } from "../../text/html.js";
import { drawAccuracyBars } from "../charts/accuracy-bars.js";
import { drawReliabilityDiagram, FEW_EXAMPLES } from "../charts/reliability-diagram.js";
import type { HeldOutData } from "../files/run-record.js";
import { formatCount, formatPart } from "../terminal/format-quantity.js";
import {
  excerpt,
  type KeyFigure,
  numbersBehind,
  percent,
  SHOWN_LABELS,
  shownLabels,
  table,
} from "./page-parts.js";

/** What stands at the head of the page of a classifier: its accuracy, beside that of the simplest one. */
export function evaluationFigures({
  data,
  examples,
  accuracy,
  accuracyInterval,
  macroF1,
  perClass,
}: Evaluation & HeldOutData): KeyFigure[] {
  const [frequent] = perClass.toSorted((a, b) => b.support - a.support);
  return [
    [
      `${data} accuracy`,
      percent(accuracy),
      `${formatPart(Math.round(accuracy * examples), examples)}; 95 % interval ${accuracyInterval.map(percent).join(" to ")}`,
    ],
    [
      "most frequent label",
      percent((frequent?.support ?? 0) / examples),
      html`the accuracy of always answering “<bdi>${excerpt(frequent?.label ?? "", SHORT_NAME)}</bdi>”`,
    ],
    ["macro F1", macroF1.toFixed(3), "mean over the labels that occur"],
  ];
}

/** How many examples each label has, as one bar. */
export function labelShares({ perClass, data, examples }: Evaluation & HeldOutData): Html {
  const there = perClass.filter(({ support }) => support > 0).toSorted((a, b) => b.support - a.support);
  const rest = there.slice(SHOWN_SHARES).reduce((sum, { support }) => sum + support, 0);
  const parts = [
    ...there.slice(0, SHOWN_SHARES).map(({ label, support }) => ({ label, support })),
    ...(rest > 0 ? [{ label: `${there.length - SHOWN_SHARES} others`, support: rest }] : []),
  ];
  return html`<figure class="shares"><figcaption>Labels of the ${data} examples</figcaption>
<div class="bar" aria-hidden="true">${parts.map(({ support }) => html`<span style="flex-grow: ${support}"></span>`)}</div>
<ul>${parts.map(({ label, support }) => html`<li><bdi>${excerpt(label, SHORT_NAME)}</bdi> ${formatPart(support, examples)}</li>\n`)}</ul></figure>`;
}

const SHOWN_SHARES = 8;
/** Characters of a label where there is little room. */
const SHORT_NAME = 40;

function wholePercent(part: number): string {
  return `${Math.round(100 * part)} %`;
}

/** The sections on how good the model's answers are. */
export async function evaluationSections(
  evaluation: Evaluation,
  mistakes: readonly Mistake[],
): Promise<Html[]> {
  return [
    confusionSection(evaluation),
    labelSection(evaluation),
    await groupSection(evaluation),
    await calibrationSection(evaluation),
    mistakeSection(evaluation, mistakes),
  ];
}

function confusionSection({ perClass, confusion, confusionLabels }: Evaluation): Html {
  const all = {
    labels: confusionLabels ?? perClass.map(({ label }) => label),
    counts: confusion,
    others: confusionLabels !== undefined,
  };
  const { labels, counts: rows, others } = condense(all, SHOWN_LABELS);
  const caption = "Examples by their true label and the label given";
  const cell = (counts: readonly number[], count: number, row: number, column: number) => {
    const support = counts.reduce((sum, count) => sum + count, 0);
    const share = support === 0 ? 0 : count / support;
    const right = row === column && !(others && row === labels.length - 1);
    const figures =
      count === 0 ? undefined : html`${formatCount(count)}<small>${wholePercent(share)}</small>`;
    return html`<td${right ? html` class="right"` : undefined} style="--share: ${share.toFixed(3)}">${figures}</td>`;
  };
  const isWide = labels.length > NARROW_LABELS;
  return html`<section aria-labelledby="confusion"><h2 id="confusion">Confusion matrix</h2>
<p class="note">A row holds the examples that have a label, a column those that the model gave it to. Percentages are of the row;
right answers are framed, cells without examples empty.${isWide ? " The matrix scrolls sideways where there is no room for it." : undefined}${others ? ` ${ONLY_SHOWN} others share the last row and column.` : undefined}</p>
<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="${isWide ? "wide confusion" : "confusion"}">
<caption>${caption}</caption>
<thead><tr><th scope="col">true \\ given</th>${labels.map((label) => html`<th scope="col">${name(label)}</th>`)}</tr></thead>
<tbody>${rows.map(
    (counts, row) =>
      html`<tr><th scope="row">${name(labels[row]!)}</th>${counts.map((count, column) => cell(counts, count, row, column))}</tr>\n`,
  )}</tbody>
</table></div></section>`;
}

/** Labels of a matrix that need not be narrow. */
const NARROW_LABELS = 6;

/** A label as far as there is room, the whole of it where one points. */
function name(label: string): Html {
  const short = excerpt(label, LONGEST_NAME);
  return short === label ? html`<bdi>${label}</bdi>` : html`<bdi title="${label}">${short}</bdi>`;
}

/** Characters of a label in a matrix. */
const LONGEST_NAME = 60;

const ONLY_SHOWN = `Only the ${SHOWN_LABELS} labels that most examples have are shown by themselves; the`;

function labelSection({ perClass, macroF1 }: Evaluation): Html {
  const { shown, others } = shownLabels(perClass);
  return html`<section aria-labelledby="labels"><h2 id="labels">Each label</h2>
${table({
  caption: "How well each label is told from the others",
  columns: ["label", "precision", "recall", "F1", "examples"],
  rows: shown.map(({ label, precision, recall, f1, support }) => [
    label,
    ...[precision, recall, f1].map((score) => score.toFixed(3)),
    support,
  ]),
})}
<p class="note">Precision: of the examples given the label, the part that has it. Recall: of the examples that have it, the part
given it. F1 is their harmonic mean; the plain mean of F1 over the labels that occur is ${macroF1.toFixed(3)}.${others && ` ${ONLY_SHOWN} ${formatCount(others.labels)} others have ${formatCount(others.support)} examples.`}</p></section>`;
}

/** By overlap only where there are two texts. */
async function groupSection({ byLength, byOverlap, accuracy }: Evaluation): Promise<Html> {
  const figure = async (heading: string, groups: readonly AccuracyGroup[], name: typeof lengthName) => {
    const chart = await drawAccuracyBars({ heading, groups, name, overall: accuracy });
    return html`<figure><h3>By ${heading}</h3>${new Html(chart)}
${numbersBehind(groupTable(heading, groups, name))}</figure>`;
  };
  const arePairs = byOverlap.length > 0;
  return html`<section aria-labelledby="groups"><h2 id="groups">Accuracy by length${arePairs ? " and by overlap" : undefined}</h2>
<p class="note">Each bar is the accuracy of a group of examples, with its 95 % confidence interval; the dashed line is the
accuracy of all. ${arePairs ? PAIRS_NOTE : undefined}</p>
<div class="charts">
${await figure("length in words", byLength, lengthName)}
${arePairs ? await figure("overlap of the texts", byOverlap, overlapName) : undefined}
</div></section>`;
}

const PAIRS_NOTE =
  "Length counts the words of both texts. Overlap is the part of the second text's words that occur in the first.";

function groupTable(heading: string, groups: readonly AccuracyGroup[], name: typeof lengthName) {
  return {
    caption: `Accuracy by ${heading}`,
    columns: [heading, "examples", "right", "accuracy", "95 % interval"],
    rows: groups.map((group) => [
      name(group),
      group.examples,
      group.correct,
      (group.correct / group.examples).toFixed(3),
      intervalText(group),
    ]),
  };
}

async function calibrationSection({ calibration }: Evaluation): Promise<Html> {
  const { bins, expectedCalibrationError } = calibration;
  return html`<section aria-labelledby="calibration"><h2 id="calibration">Calibration</h2>
<p class="note">Can the model's probabilities be taken at their word? Answers are put together by their confidence, the
probability of the label given. On the dashed line, answers are right as often as their confidence says. A larger point
stands for more examples, a hollow one for fewer than ${FEW_EXAMPLES}, too few to tell. The expected calibration error, ${expectedCalibrationError.toFixed(3)}, is the mean distance from
that line, each group weighted by its examples.</p>
<figure>${new Html(await drawReliabilityDiagram(calibration))}
${numbersBehind({
  caption: "Answers by their confidence",
  columns: ["confidence", "examples", "right", "mean confidence", "accuracy", "95 % interval"],
  rows: bins.map((bin) => [
    `${bin.from.toFixed(1)}–${bin.to.toFixed(1)}`,
    bin.examples,
    bin.correct,
    bin.confidence.toFixed(3),
    (bin.correct / bin.examples).toFixed(3),
    bin.examples < FEW_EXAMPLES ? `${intervalText(bin)}, too few to tell` : intervalText(bin),
  ]),
})}</figure></section>`;
}

function mistakeSection({ examples, accuracy }: Evaluation, mistakes: readonly Mistake[]): Html {
  const wrong = Math.round(examples * (1 - accuracy));
  const shown = mistakes.reduce((sum, { alike }) => sum + 1 + alike, 0);
  return html`<section aria-labelledby="mistakes"><h2 id="mistakes">The most confident mistakes</h2>
${
  wrong === 0
    ? html`<p>There are none: every answer is right.</p>`
    : html`<p class="note">${formatCount(shown)} of ${formatCount(wrong)} wrong answers, those given with the greatest probability; nearly the
same texts with the same answer stand together. Some may be mistakes of the data rather than of the model.</p>
<ol class="mistakes">${mistakes.map(mistake)}</ol>`
}</section>`;
}

function mistake({ answer, alike }: Mistake): Html {
  const { text, textPair, trueLabel, predictedLabel, probabilities } = answer;
  return html`<li><dl>
<dt>${textPair === undefined ? "text" : "first"}</dt><dd dir="auto">${excerpt(text)}</dd>
${textPair === undefined ? undefined : html`<dt>second</dt><dd dir="auto">${excerpt(textPair)}</dd>\n`}<dt>given</dt><dd><strong>${predictedLabel}</strong>, probability ${confidenceOf(answer).toFixed(3)}</dd>
<dt>true</dt><dd><strong>${trueLabel}</strong>, probability ${probabilityOf(probabilities, trueLabel).toFixed(3)}</dd>
${alike === 0 ? undefined : html`<dt>also</dt><dd>${formatCount(alike)} more ${alike === 1 ? "answer" : "answers"} like this one</dd>\n`}</dl></li>\n`;
}

function intervalText({
  correct,
  examples,
}: {
  readonly correct: number;
  readonly examples: number;
}): string {
  return wilsonInterval(correct, examples)
    .map((end) => end.toFixed(3))
    .join("–");
}

/** A group of lengths: `8–11`. */
function lengthName({ from, to }: AccuracyGroup): string {
  return from === to ? String(from) : `${from}–${to}`;
}

/** A group of parts: `33–50 %`. */
function overlapName({ from, to }: AccuracyGroup): string {
  const [low, high] = [Math.round(from * 100), Math.round(to * 100)];
  return low === high ? `${low} %` : `${low}–${high} %`;
}
