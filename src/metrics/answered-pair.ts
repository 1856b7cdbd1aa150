import { type LabelProbability, probabilityOf } from "./label-probabilities.js";

/** A labelled pair and what a model answered to it. */
export interface AnsweredPair {
  readonly premise: string;
  readonly hypothesis: string;
  readonly trueLabel: string;
  readonly predictedLabel: string;
  /** Of every label, in the model's order; of more than 100 the most probable and the true one. */
  readonly probabilities: readonly LabelProbability[];
}

export function isCorrect({ trueLabel, predictedLabel }: AnsweredPair): boolean {
  return trueLabel === predictedLabel;
}

/** The probability that the model gave to its answer. */
export function confidenceOf({ predictedLabel, probabilities }: AnsweredPair): number {
  return probabilityOf(probabilities, predictedLabel);
}
