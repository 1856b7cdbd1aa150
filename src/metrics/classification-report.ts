import { TunebertError } from "../error.js";
import { shorten } from "../text/show-json.js";

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
  const scores = scoreLabels(truth, predicted, labels);
  return { ...scores, confusion: countConfusions(truth, predicted, labels.length) };
}

/** The report without its confusions, which take K × K numbers. @throws TunebertError as {@link classificationReport} */
export function scoreLabels(
  truth: Int32Array,
  predicted: Int32Array,
  labels: readonly string[],
): Omit<ClassificationReport, "confusion"> {
  checkExamples(truth, predicted, labels);
  const counts = labels.map(() => ({ right: 0, support: 0, predicted: 0 }));
  for (let example = 0; example < truth.length; example++) {
    const [label, answer] = [truth[example]!, predicted[example]!];
    counts[label]!.support += 1;
    counts[answer]!.predicted += 1;
    if (label === answer) counts[label]!.right += 1;
  }
  const perClass = labels.map((label, index) => scoreLabel(label, counts[index]!));
  return {
    accuracy: sum(counts.map(({ right }) => right)) / truth.length,
    perClass,
    macroF1: sum(perClass.map((scores) => scores.f1)) / labels.length,
  };
}

function countConfusions(truth: Int32Array, predicted: Int32Array, K: number): number[][] {
  const confusion = Array.from({ length: K }, () => new Array<number>(K).fill(0));
  truth.forEach((label, example) => {
    confusion[label]![predicted[example]!]! += 1;
  });
  return confusion;
}

function checkExamples(truth: Int32Array, predicted: Int32Array, labels: readonly string[]): void {
  if (truth.length !== predicted.length) {
    throw new TunebertError(
      `there are ${truth.length} true labels but ${predicted.length} predicted ones; give one of each per example`,
    );
  }
  if (truth.length === 0) {
    throw new TunebertError("there are no examples to report on; give at least one labelled example");
  }
  for (let example = 0; example < truth.length; example++) {
    checkLabel(truth[example]!, "true", example, labels);
    checkLabel(predicted[example]!, "predicted", example, labels);
  }
}

function checkLabel(label: number, kind: string, example: number, labels: readonly string[]): void {
  if (label >= 0 && label < labels.length) return;
  throw new TunebertError(
    `example ${example} has the ${kind} label ${label}; expected an index of one of the ${labels.length} labels (${shorten(labels.join(", "))})`,
  );
}

function scoreLabel(
  label: string,
  { right, support, predicted }: { right: number; support: number; predicted: number },
): LabelScores {
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
