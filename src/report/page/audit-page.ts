import type { Suspect } from "../../audit/suspects.js";
import { type Answers, labelsOf } from "../../data/answers.js";
import { type Html, html } from "../../text/html.js";
import type { TextExample } from "../../text/text-example.js";
import { type FoundIssues, labelText, where } from "../files/issues-file.js";
import { formatCount, formatPart } from "../terminal/format-quantity.js";
import { excerpt, type KeyFigure, page, table } from "./page-parts.js";

/** What an audit found, for a person to read. */
export interface AuditReport extends FoundIssues {
  /** What was audited. */
  readonly name: string;
  readonly answers: Answers;
  readonly joint?: readonly (readonly number[])[] | undefined;
  readonly tunebert: string;
}

/** Examples that the page shows of each kind; the file has all. */
const SHOWN = 200;
/** Labels of which the page has a table. */
const MOST_LABELS = 20;

/** An audit as an HTML page. */
export function auditPage(report: AuditReport): string {
  const { name, tunebert } = report;
  return page(
    `${name}: audit of the labels`,
    html`<header>
<h1>${name}</h1>
<p class="note">Labels and texts that are worth a look, found by tunebert ${tunebert}. All of them are in <code>issues.csv</code>, to correct there.</p>
<dl class="key">${keyFigures(report).map(
      ([figure, value, note]) => html`<div><dt>${figure}</dt><dd>${value}<small>${note}</small></dd></div>\n`,
    )}</dl>
</header>
${suspectSection(report)}
${jointSection(report)}
${duplicateSection(report)}
${leakSection(report)}
`,
  );
}

function keyFigures({ examples, suspects, duplicates, leaks }: AuditReport): KeyFigure[] {
  const suspected = new Set(suspects.map(({ example }) => example)).size;
  const differing = duplicates.filter(({ differ }) => differ).length;
  return [
    ["suspected labels", formatCount(suspected), `of ${formatCount(examples.length)} examples`],
    [
      "near-duplicates",
      formatCount(duplicates.length),
      `groups, ${formatCount(differing)} of them with labels that differ`,
    ],
    ["leaks", formatCount(leaks.length), "examples of other files that are among these"],
  ];
}

function suspectSection({ suspects, examples, answers }: AuditReport): Html {
  const shown = suspects.slice(0, SHOWN);
  return html`<section aria-labelledby="suspects"><h2 id="suspects">Labels that are probably wrong</h2>
${
  shown.length === 0
    ? html`<p>There are none: no model that had not seen an example contradicts its label with confidence.</p>`
    : html`<p class="note">${formatCount(shown.length)} of ${formatCount(suspects.length)}, the least believable first. Each was asked about by a model that
had not been trained on it, nor on one nearly the same. Some are hard rather than wrong.</p>
<ol class="mistakes">${shown.map((suspect) => suspectItem(suspect, examples[suspect.example], answers))}</ol>`
}</section>`;
}

function suspectItem(
  { given, suggested, score }: Suspect,
  example: TextExample | undefined,
  answers: Answers,
): Html {
  const believed = answers === "number" ? `${score.toPrecision(3)} off` : `probability ${score.toFixed(3)}`;
  return html`<li><dl>
${texts(example)}<dt>label</dt><dd><strong>${given}</strong>, ${believed}</dd>
<dt>rather</dt><dd><strong>${suggested}</strong></dd>
<dt>where</dt><dd>${where(example)}</dd></dl></li>\n`;
}

function texts(example: TextExample | undefined): Html {
  const { text = "", textPair } = example ?? {};
  return html`<dt>${textPair === undefined ? "text" : "first"}</dt><dd dir="auto">${excerpt(text)}</dd>
${textPair === undefined ? undefined : html`<dt>second</dt><dd dir="auto">${excerpt(textPair)}</dd>\n`}`;
}

function jointSection({ joint, answers, examples }: AuditReport): Html | undefined {
  const names = labelsOf(answers);
  if (joint === undefined || names.length > MOST_LABELS) return undefined;
  return html`<section aria-labelledby="joint"><h2 id="joint">Which labels are taken for which</h2>
<p class="note">About how many of the ${formatCount(examples.length)} examples have the label of the row and should have that of the column, as
confident learning estimates it.</p>
${table({
  caption: "Given labels by what they should be",
  columns: ["given", ...names.map((label) => excerpt(label, 40))],
  rows: names.map((label, i) => [excerpt(label, 40), ...(joint[i] ?? []).map((count) => formatCount(count))]),
})}</section>`;
}

function duplicateSection({ duplicates, examples }: AuditReport): Html {
  const differing = duplicates.filter(({ differ }) => differ);
  const shown = differing.slice(0, SHOWN);
  return html`<section aria-labelledby="duplicates"><h2 id="duplicates">Nearly the same, with labels that differ</h2>
${
  shown.length === 0
    ? html`<p>There are none among ${formatCount(duplicates.length)} groups of near-duplicates.</p>`
    : html`<p class="note">${formatPart(differing.length, duplicates.length)} of the groups of near-duplicates.</p>
<ol class="mistakes">${shown.map(
        ({ examples: group }) =>
          html`<li><dl>${group.slice(0, 5).map((place) => {
            const example = examples[place];
            return html`${texts(example)}<dt>label</dt><dd><strong>${labelText(example?.label)}</strong>, ${where(example)}</dd>\n`;
          })}</dl></li>\n`,
      )}</ol>`
}</section>`;
}

function leakSection({ leaks, examples }: AuditReport): Html | undefined {
  if (leaks.length === 0) return undefined;
  return html`<section aria-labelledby="leaks"><h2 id="leaks">Also in other files</h2>
<p class="note">${formatCount(Math.min(SHOWN, leaks.length))} of ${formatCount(leaks.length)}. A model that is trained on these and measured on those has seen the answer.</p>
<ol class="mistakes">${leaks.slice(0, SHOWN).map(
    ({ example, like }) =>
      html`<li><dl>${texts(example)}<dt>there</dt><dd>${where(example)}</dd>
<dt>here</dt><dd>${like
        .slice(0, 5)
        .map((place) => where(examples[place]))
        .join(", ")}</dd></dl></li>\n`,
  )}</ol></section>`;
}
