import { TunebertError } from "../error.js";
import { listNames } from "../text/list-names.js";
import { shorten } from "../text/show-json.js";
import { countConfusions } from "./confusion-matrix.js";

/** How well one label is told apart from the others. */
export interface LabelScores {
  /** Its name. */
  label: string;
  /** Of the examples predicted to have the label, the part that has it; 0 where none is predicted to. */
  precision: number;
  /** Of the examples that have the label, the part predicted to; 0 where none has it. */
  recall: number;
  /** Harmonic mean of precision and recall; 0 where both are 0. */
  f1: number;
  /** How many examples have the label. */
  support: number;
}

/** How good predictions are: over all examples, and label by label. */
export interface ClassificationReport {
  /** The part of the examples whose label is predicted right. */
  accuracy: number;
  /** (K), in the order of the labels. */
  perClass: LabelScores[];
  /** The plain mean of f1 over the labels that are true of an example or predicted for one, however rare. */
  macroF1: number;
  /**
   * Matthews' correlation of the predicted labels with the true ones, of any number of labels (Gorodkin, 2004): 1 where all
   * are right, 0 where they tell nothing, or all are the same.
   */
  matthews: number;
  /** Counts of examples: a row for each true label, in it a column for each predicted label, K × K. */
  confusion: number[][];
  /**
   * Of more than 100 labels: the names of the rows and columns, which are those of the 100 most frequent labels and then
   * `others`, for all the rest.
   */
  confusionLabels?: readonly string[];
}

/** Labels with rows and columns of their own; K × K counts of thousands of labels would fill the memory. */
const LARGEST_CONFUSION = 100;

/**
 * Compares predicted labels with the true ones. What has no value (the precision of a label that is never
 * predicted) counts as 0, as with `zero_division=0` in scikit-learn, and as there the macro average is over the labels
 * that occur, true or predicted.
 *
 * @param truth the true label of each example, an index into `labels`
 * @param predicted the predicted label of each example, in the same order
 * @param labels names of the K labels
 * @throws TunebertError when there are no examples, the lengths differ or a label is out of range
 * @example
 * const { accuracy, perClass } = classificationReport(Int32Array.of(0, 1, 1), Int32Array.of(0, 1, 0), ["no", "yes"]);
 * console.log(perClass[1]?.recall); // 0.5
 */
export function classificationReport(
  truth: Int32Array,
  predicted: Int32Array,
  labels: readonly string[],
): ClassificationReport {
  expectLabels(truth, predicted, labels);
  const counts = labels.map((label) => ({ label, right: 0, support: 0, predicted: 0 }));
  // Both labels are indexes of counts, as has been checked.
  truth.forEach((label, example) => {
    counts[label]!.support++;
    counts[predicted[example]!]!.predicted++;
    if (label === predicted[example]) counts[label]!.right++;
  });
  const occurring = counts.filter(({ support, predicted }) => support + predicted > 0).map(scoreLabel);
  const confusion = countConfusions(truth, predicted, labels, LARGEST_CONFUSION);
  return {
    accuracy: sum(counts.map(({ right }) => right)) / truth.length,
    perClass: counts.map(scoreLabel),
    macroF1: sum(occurring.map(({ f1 }) => f1)) / occurring.length,
    matthews: matthews(counts, truth.length),
    confusion: confusion.counts,
    ...(confusion.others && { confusionLabels: confusion.labels }),
  };
}

function expectLabels(truth: Int32Array, predicted: Int32Array, labels: readonly string[]): void {
  if (truth.length !== predicted.length) {
    throw new TunebertError(
      `there are ${truth.length} true labels but ${predicted.length} predicted ones; give one of each per example`,
    );
  }
  if (truth.length === 0) {
    throw new TunebertError("there are no examples to report on; give at least one labelled example");
  }
  for (const [example, label] of truth.entries()) {
    expectLabel(label, "true", example, labels);
    expectLabel(predicted[example], "predicted", example, labels);
  }
}

function expectLabel(
  label: number | undefined,
  kind: string,
  example: number,
  labels: readonly string[],
): void {
  if (label !== undefined && label >= 0 && label < labels.length) return;
  throw new TunebertError(
    `example ${example} has the ${kind} label ${label}; expected an index of one of the ${labels.length} labels (${listNames(labels.map((name) => shorten(name)))})`,
  );
}

interface LabelCounts {
  readonly label: string;
  readonly right: number;
  readonly support: number;
  readonly predicted: number;
}

function scoreLabel({ label, right, support, predicted }: LabelCounts): LabelScores {
  return {
    label,
    precision: ratio(right, predicted),
    recall: ratio(right, support),
    f1: ratio(2 * right, predicted + support),
    support,
  };
}

function matthews(counts: readonly LabelCounts[], examples: number): number {
  const right = sum(counts.map((label) => label.right));
  const product = (a: "support" | "predicted", b: "support" | "predicted") =>
    sum(counts.map((label) => label[a] * label[b]));
  const spread = (name: "support" | "predicted") => examples ** 2 - product(name, name);
  const covariance = right * examples - product("support", "predicted");
  return ratio(covariance, Math.sqrt(spread("support") * spread("predicted")));
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
