import { TunebertError } from "../error.js";

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
  /** The plain mean of f1 over all labels, however rare. */
  macroF1: number;
  /** Counts of examples: a row for each true label, in it a column for each predicted label, K × K. */
  confusion: number[][];
}

/**
 * Compares predicted labels with the true ones. What has no value (the precision of a label that is never
 * predicted) counts as 0, as with `zero_division=0` in scikit-learn.
 *
 * @param truth the true label of each example, an index into `labels`
 * @param predicted the predicted label of each example, in the same order
 * @param labels names of the K labels
 * @throws TunebertError when there are no examples, the lengths differ or a label is out of range
 */
export function classificationReport(
  truth: Int32Array,
  predicted: Int32Array,
  labels: readonly string[],
): ClassificationReport {
  const confusion = countConfusions(truth, predicted, labels);
  const perClass = labels.map((label, index) => scoreLabel(label, index, confusion));
  const correct = sum(confusion.map((row, index) => row[index]!));
  return {
    accuracy: correct / truth.length,
    perClass,
    macroF1: sum(perClass.map((scores) => scores.f1)) / labels.length,
    confusion,
  };
}

function countConfusions(truth: Int32Array, predicted: Int32Array, labels: readonly string[]): number[][] {
  if (truth.length !== predicted.length) {
    throw new TunebertError(
      `there are ${truth.length} true labels but ${predicted.length} predicted ones; give one of each per example`,
    );
  }
  if (truth.length === 0) {
    throw new TunebertError("there are no examples to report on; give at least one labelled example");
  }
  const confusion = labels.map(() => labels.map(() => 0));
  for (let example = 0; example < truth.length; example++) {
    const row = checkLabel(truth[example]!, "true", example, labels);
    const column = checkLabel(predicted[example]!, "predicted", example, labels);
    confusion[row]![column]!++;
  }
  return confusion;
}

function checkLabel(label: number, kind: string, example: number, labels: readonly string[]): number {
  if (label >= 0 && label < labels.length) return label;
  throw new TunebertError(
    `example ${example} has the ${kind} label ${label}; expected an index of one of the ${labels.length} labels (${labels.join(", ")})`,
  );
}

function scoreLabel(label: string, index: number, confusion: number[][]): LabelScores {
  const right = confusion[index]![index]!;
  const support = sum(confusion[index]!);
  const predicted = sum(confusion.map((row) => row[index]!));
  return {
    label,
    precision: ratio(right, predicted),
    recall: ratio(right, support),
    f1: ratio(2 * right, predicted + support),
    support,
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
