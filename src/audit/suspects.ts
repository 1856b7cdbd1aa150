import { type Answers, labelsOf } from "../data/answers.js";
import type { TextDataset } from "../data/text-dataset.js";
import { sigmoid } from "../metrics/multi-label.js";
import { softmax } from "../metrics/softmax.js";
import { findLabelIssues } from "./confident-learning.js";

/** An example whose label is probably wrong. */
export interface Suspect {
  /** Its place in the dataset. */
  readonly example: number;
  /** What it is labelled with; where any labels may apply, one label, or `not` and that label. */
  readonly given: string;
  /** What a model that has not seen it says. */
  readonly suggested: string;
  /** How probable the model finds the given label; of a number how far off it is. */
  readonly score: number;
}

/** What confident learning makes of a dataset. */
export interface Suspects {
  /** The least believable first. */
  readonly suspects: readonly Suspect[];
  /** [K, K] of one label each: about how many examples have label i and should have label j. */
  readonly joint?: readonly (readonly number[])[];
}

/**
 * The examples that a model which has not been trained on them contradicts: by confident learning, of any labels one by one,
 * and of numbers those that it misses by far more than is usual.
 * @param outputs [n, K] or [n]: the numbers of the output layer, each by a model that has not seen the example
 */
export function suspectsOf(set: TextDataset, outputs: Float32Array): Suspects {
  const { answers } = set;
  if (answers === "number") return { suspects: outliers(set.numbers, outputs) };
  const names = labelsOf(answers);
  return isAny(answers) ? { suspects: anyLabels(set, outputs, names) } : oneLabel(set, outputs, names);
}

function isAny(answers: Answers): boolean {
  return typeof answers === "object" && "anyOf" in answers;
}

function oneLabel({ labels }: TextDataset, logits: Float32Array, names: readonly string[]): Suspects {
  const width = names.length;
  const rows = Array.from(labels, (_, i) => softmax(logits.subarray(i * width, (i + 1) * width)));
  const { ranked, joint } = findLabelIssues(labels, rows.flat(), width);
  const suspects = ranked.map((example) => {
    const row = rows[example]!;
    const label = labels[example]!;
    const most = row.reduce((best, value, i) => (value > row[best]! ? i : best), 0);
    return { example, given: names[label]!, suggested: names[most]!, score: row[label]! };
  });
  return { suspects, joint };
}

function anyLabels(
  { labels, labelSets }: TextDataset,
  logits: Float32Array,
  names: readonly string[],
): Suspect[] {
  const width = names.length;
  const probabilities = sigmoid(logits);
  const found = names.flatMap((name, label) => {
    const has = Array.from(labels, (set) => Number(labelSets[set]?.includes(label)));
    const both = Float64Array.from({ length: 2 * has.length }, (_, i) => {
      const probability = probabilities[(i >> 1) * width + label]!;
      return i % 2 === 0 ? 1 - probability : probability;
    });
    return findLabelIssues(has, both, 2).ranked.map((example) => {
      const [given, suggested] = has[example] === 1 ? [name, `not ${name}`] : [`not ${name}`, name];
      return { example, given, suggested, score: both[2 * example + has[example]!]! };
    });
  });
  return found.sort((a, b) => a.score - b.score || a.example - b.example);
}

/** Further from the median than this many standard deviations, were residuals normal. */
const FAR = 3;
/** The standard deviation of a normal distribution by its median absolute deviation. */
const DEVIATION = 1.4826;

function outliers(numbers: Float32Array, guesses: Float32Array): Suspect[] {
  const residuals = Array.from(numbers, (number, i) => guesses[i]! - number);
  const middle = median(residuals);
  const deviation = DEVIATION * median(residuals.map((residual) => Math.abs(residual - middle)));
  return residuals
    .flatMap((residual, example) => {
      if (Math.abs(residual - middle) <= FAR * deviation) return [];
      const [given, suggested] = [numbers[example]!, guesses[example]!].map((one) =>
        String(Number(one.toPrecision(6))),
      );
      return [{ example, given: given!, suggested: suggested!, score: Math.abs(residual) }];
    })
    .sort((a, b) => b.score - a.score || a.example - b.example);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}
