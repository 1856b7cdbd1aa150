import { listNames } from "../text/list-names.js";
import { showJson } from "../text/show-json.js";
import { numberOf } from "./label-order.js";
import { isMinusOne } from "./no-label.js";
import type { TextDataset } from "./text-dataset.js";

/** Sets of similar labels that are shown. */
const SHOWN = 5;

/**
 * What is to be said of the labels of training examples, a sentence each: what -1 was taken for, what is missing, and what
 * looks alike.
 */
export function labelNotes(dataset: TextDataset, noLabel: readonly string[] | undefined): string[] {
  const { labelNames, skippedLabels } = dataset;
  const notes: string[] = [];
  const none = [...skippedLabels.keys()].find(isMinusOne);
  if (noLabel === undefined && none !== undefined) {
    notes.push(
      `${none} stands for no label beside ${listNames(labelNames)}; with --no-label - it is a label`,
    );
  }
  const one = labelNames.find(isMinusOne);
  if (noLabel === undefined && one !== undefined) {
    notes.push(`${one} is one of the labels; with --no-label ${one} it stands for none`);
  }
  const counts = countsOf(dataset);
  const missing = labelNames.filter((name) => counts.get(name) === 0);
  if (missing.length > 0)
    notes.push(`no training example has these labels of the model: ${listNames(missing)}`);
  const alike = similarLabels(labelNames);
  if (alike.length > 0) notes.push(alikeNote(alike, counts));
  return notes;
}

/** How many examples were left out because they have no label, and what they had instead. */
export function skippedNote({
  skipped,
  skippedLabels,
}: Pick<TextDataset, "skipped" | "skippedLabels">): string {
  const written = [...skippedLabels.keys()].filter((label) => label.trim() !== "").map(showJson);
  return `${skipped} skipped without a label${written.length === 0 ? "" : `: ${written.join(" and ")}`}`;
}

/** Labels that differ only in case, in surrounding space, or in how a number is written. */
function similarLabels(names: readonly string[]): string[][] {
  const sets = new Map<string, string[]>();
  for (const name of names) {
    const number = numberOf(name);
    const key = Number.isSafeInteger(number) ? String(number) : name.trim().toLowerCase();
    sets.set(key, [...(sets.get(key) ?? []), name]);
  }
  return [...sets.values()].filter((set) => set.length > 1);
}

function alikeNote(sets: readonly string[][], counts: ReadonlyMap<string, number>): string {
  const shown = sets
    .slice(0, SHOWN)
    .map((set) => set.map((name) => `${showJson(name)} (${examples(counts.get(name) ?? 0)})`).join(" and "));
  const more = sets.length > SHOWN ? `; ${sets.length - SHOWN} more such sets` : "";
  return (
    `labels that differ only in case, space or spelling of a number are labels of their own: ${shown.join("; ")}${more}. ` +
    "If they mean the same, write them alike in the file"
  );
}

function examples(count: number): string {
  return `${count} example${count === 1 ? "" : "s"}`;
}

function countsOf({ labelNames, labelCounts: counts }: TextDataset): Map<string, number> {
  return new Map(labelNames.map((name, id) => [name, counts[id] ?? 0]));
}
