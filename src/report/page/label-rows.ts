import type { LabelScores } from "../../metrics/classification-report.js";
import { mostFrequent } from "../../metrics/most-frequent.js";

/** Labels that a table shows by themselves: those that most pairs have. */
export const SHOWN_LABELS = 20;

/** The labels that a table shows, in their order, and what there is beside them; nothing where it shows all. */
export function shownLabels(perClass: readonly LabelScores[]): {
  readonly shown: readonly LabelScores[];
  readonly others: { readonly labels: number; readonly support: number } | undefined;
} {
  if (perClass.length <= SHOWN_LABELS) return { shown: perClass, others: undefined };
  const supports = perClass.map(({ support }) => support);
  const shown = mostFrequent(supports, SHOWN_LABELS).map((label) => perClass[label]!);
  const sum = (scores: readonly LabelScores[]) => scores.reduce((total, { support }) => total + support, 0);
  return {
    shown,
    others: { labels: perClass.length - shown.length, support: sum(perClass) - sum(shown) },
  };
}
