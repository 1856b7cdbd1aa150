import { stringify } from "csv-stringify/sync";
import type { Suspect } from "../../audit/suspects.js";
import type { TextExample } from "../../text/text-example.js";

/** What an audit found of examples. */
export interface FoundIssues {
  readonly examples: readonly TextExample[];
  readonly suspects: readonly Suspect[];
  readonly duplicates: readonly { readonly examples: readonly number[]; readonly differ: boolean }[];
  readonly leaks: readonly { readonly example: TextExample; readonly like: readonly number[] }[];
}

/**
 * A table of the examples to look at, one a row, to correct in: suspects first, the least believable at the top, then
 * near-duplicates whose labels differ, then those that other files have too.
 */
export function formatIssues({ examples, suspects, duplicates, leaks }: FoundIssues): string {
  const rows = new Map<number, { suggested: string[]; score: string; reasons: string[] }>();
  const rowOf = (example: number) => {
    const row = rows.get(example) ?? { suggested: [], score: "", reasons: [] };
    rows.set(example, row);
    return row;
  };
  for (const { example, suggested, score } of suspects) {
    const row = rowOf(example);
    row.suggested.push(suggested);
    if (row.score === "") row.score = score.toPrecision(3);
    if (row.reasons.length === 0) row.reasons.push("label");
  }
  for (const group of duplicates) {
    if (!group.differ) continue;
    for (const example of group.examples) {
      const others = group.examples.filter((other) => other !== example).slice(0, 5);
      rowOf(example).reasons.push(
        `nearly the same as ${others.map((other) => where(examples[other])).join(", ")}`,
      );
    }
  }
  for (const { example, like } of leaks) {
    for (const place of like) rowOf(place).reasons.push(`also in ${where(example)}`);
  }
  const pairs = examples.some(({ textPair }) => textPair !== undefined);
  const head = ["file", "row", "text", ...(pairs ? ["textPair"] : []), "label", "suggested", "score", "why"];
  const lines = [...rows].map(([place, { suggested, score, reasons }]) => {
    const { fileName = "", row = place + 1, text = "", textPair = "", label } = examples[place] ?? {};
    const texts = [text, ...(pairs ? [textPair] : [])];
    return [fileName, row, ...texts, labelText(label), suggested.join("; "), score, reasons.join("; ")];
  });
  return stringify([head, ...lines]);
}

/** An example's label as one text. */
export function labelText(label: TextExample["label"]): string {
  return typeof label === "string" ? label : (label ?? []).join(", ");
}

/** Where an example stands. */
export function where(example: TextExample | undefined): string {
  const { fileName, row } = example ?? {};
  const name = fileName?.split(/[/\\]/).at(-1);
  return [name, row === undefined ? undefined : `row ${row}`].filter((part) => part !== undefined).join(" ");
}
