import { type LabelProbability, probabilityOf } from "./label-probabilities.js";

/** A labelled example and what a model answered to it. */
export interface AnsweredExample {
  readonly text: string;
  /** Left out where texts are single. */
  readonly textPair?: string | undefined;
  readonly trueLabel: string;
  readonly predictedLabel: string;
  /** Of every label, in the model's order; of more than 100 the most probable and the true one. */
  readonly probabilities: readonly LabelProbability[];
}

export function isCorrect({ trueLabel, predictedLabel }: AnsweredExample): boolean {
  return trueLabel === predictedLabel;
}

/** The probability that the model gave to its answer. */
export function confidenceOf({ predictedLabel, probabilities }: AnsweredExample): number {
  return probabilityOf(probabilities, predictedLabel);
}
