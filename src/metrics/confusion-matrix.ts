import { mostFrequent } from "./most-frequent.js";

/** Counts of examples: a row for each true label, in it a column for each predicted label. */
export interface ConfusionMatrix {
  /** Names of the rows, which are those of the columns. */
  readonly labels: readonly string[];
  readonly counts: number[][];
  /** Whether the last row and column stand for several labels. */
  readonly others: boolean;
}

/** What the last row and column are called where they stand for several labels. */
export const OTHERS = "others";

/**
 * Counts examples by their true and predicted label. Of more than `most` labels, those that are true most often have
 * rows and columns of their own, in their order; the others share the last.
 * @param truth the true label of each example, an index into `labels`
 * @param predicted the predicted label of each example, in the same order; no label of either is checked
 */
export function countConfusions(
  truth: Int32Array,
  predicted: Int32Array,
  labels: readonly string[],
  most: number,
): ConfusionMatrix {
  const supports = new Array<number>(labels.length).fill(0);
  for (const label of truth) supports[label]!++;
  const { names, places, others } = rowsOf(labels, supports, most);
  const counts = names.map(() => names.map(() => 0));
  truth.forEach((label, example) => {
    counts[places[label]!]![places[predicted[example]!]!]!++;
  });
  return { labels: names, counts, others };
}

/** The same examples with no more than `most` rows and columns of their own. */
export function condense(matrix: ConfusionMatrix, most: number): ConfusionMatrix {
  const { labels, counts } = matrix;
  const named = matrix.others ? labels.slice(0, -1) : labels;
  if (named.length <= most) return matrix;
  const supports = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const { names, places, others } = rowsOf(named, supports.slice(0, named.length), most);
  const condensed = names.map(() => names.map(() => 0));
  const placeOf = (row: number) => places[row] ?? names.length - 1;
  counts.forEach((row, i) => {
    row.forEach((count, j) => {
      condensed[placeOf(i)]![placeOf(j)]! += count;
    });
  });
  return { labels: names, counts: condensed, others };
}

/** The names of the rows, and in which row each label is. */
function rowsOf(labels: readonly string[], supports: readonly number[], most: number) {
  const chosen = mostFrequent(supports, most);
  const names = chosen.map((label) => labels[label]!);
  if (chosen.length === labels.length) return { names, places: chosen, others: false };
  const places = new Array<number>(labels.length).fill(chosen.length);
  chosen.forEach((label, row) => {
    places[label] = row;
  });
  return { names: [...names, OTHERS], places, others: true };
}
