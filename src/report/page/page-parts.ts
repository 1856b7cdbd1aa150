import type { LabelScores } from "../../metrics/classification-report.js";
import { mostFrequent } from "../../metrics/most-frequent.js";
import { Html, html } from "../../text/html.js";
import { MOST_LISTED } from "../../text/list-names.js";
import { REPORT_STYLE } from "./report-style.js";

/** A page that needs nothing but itself: no network, no scripts, no fonts. @param main what stands in it */
export function page(title: string, main: Html): string {
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>
${new Html(REPORT_STYLE)}
</style>
</head>
<body>
<main>
${main}</main>
</body>
</html>
`}`;
}

/** What a table holds: a caption, the heads of its columns, and rows that begin with their own head. */
export interface TableContent {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** A table of figures; too wide a one scrolls by itself. */
export function table({ caption, columns, rows }: TableContent): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([head, ...cells]) =>
      html`<tr><th scope="row">${head}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`,
  )}</tbody>
</table></div>`;
}

/** Names with their values. Rows without a value are left out. */
export function facts(
  caption: string,
  rows: readonly (readonly [name: string, value: Html | string | number | undefined])[],
): Html {
  return html`<table class="facts">
<caption>${caption}</caption>
<tbody>${rows.map(([name, value]) =>
    value === undefined ? undefined : html`<tr><th scope="row">${name}</th><td>${value}</td></tr>\n`,
  )}</tbody>
</table>`;
}

/** The same figures as a chart's, behind a line that opens it. */
export function numbersBehind(content: TableContent): Html {
  return html`<details><summary>The numbers</summary>${table(content)}</details>`;
}

/** Names as {@link listNames} lists them, each in a direction of its own, whatever marks of direction it holds. */
export function namesOf(names: readonly string[]): Html {
  const shown = names.slice(0, MOST_LISTED);
  const more = names.length - shown.length;
  return html`${shown.map((name, i) => html`${i > 0 ? ", " : undefined}<bdi>${name}</bdi>`)}${more > 0 ? ` and ${more} more` : undefined}`;
}

/** A figure at the head of the page: its name, its value, and what it is. */
export type KeyFigure = readonly [name: string, value: string, note: string | Html];

/** Characters of a text that are shown. */
const LONGEST_TEXT = 600;

/** A text as far as there is room. */
export function excerpt(text: string, longest = LONGEST_TEXT): string {
  const characters = Array.from(text);
  return characters.length <= longest ? text : `${characters.slice(0, longest).join("")}…`;
}

export function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}

/** Labels that a table shows by themselves: those that most pairs have. */
export const SHOWN_LABELS = 20;

/** The labels that a table shows, in their order, and what there is beside them; nothing where it shows all. */
export function shownLabels<Scores extends LabelScores>(
  perClass: readonly Scores[],
): {
  readonly shown: readonly Scores[];
  readonly others: { readonly labels: number; readonly support: number } | undefined;
} {
  if (perClass.length <= SHOWN_LABELS) return { shown: perClass, others: undefined };
  const supports = perClass.map(({ support }) => support);
  const frequent = new Set(mostFrequent(supports, SHOWN_LABELS));
  const shown = perClass.filter((_, label) => frequent.has(label));
  const sum = (scores: readonly LabelScores[]) => scores.reduce((total, { support }) => total + support, 0);
  return {
    shown,
    others: { labels: perClass.length - shown.length, support: sum(perClass) - sum(shown) },
  };
}
