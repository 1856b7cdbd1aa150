import { pearson, spearman } from "./correlation.js";

/** An example whose number is known, and the number that a model gave. */
export interface GuessedExample {
  readonly text: string;
  /** Left out where texts are single. */
  readonly textPair?: string | undefined;
  readonly trueNumber: number;
  readonly guessedNumber: number;
}

/** How near guesses of numbers come. */
export interface GuessEvaluation {
  readonly examples: number;
  readonly meanSquaredError: number;
  readonly meanAbsoluteError: number;
  /** Correlation of the guesses with the numbers; 0 where one of the two is the same for all. */
  readonly pearson: number;
  /** The same of their ranks. */
  readonly spearman: number;
  /** The mean squared error of guessing the mean of these numbers every time: their variance. */
  readonly variance: number;
}

/** @param guesses (n) @param numbers (n), what they should have been */
export function evaluateGuesses(guesses: Float32Array, numbers: Float32Array): GuessEvaluation {
  const examples = guesses.length;
  const mean = numbers.reduce((sum, number) => sum + number, 0) / examples;
  const errors = Array.from(guesses, (guess, i) => guess - numbers[i]!);
  return {
    examples,
    meanSquaredError: errors.reduce((sum, error) => sum + error ** 2, 0) / examples,
    meanAbsoluteError: errors.reduce((sum, error) => sum + Math.abs(error), 0) / examples,
    pearson: pearson(guesses, numbers) || 0,
    spearman: spearman(guesses, numbers) || 0,
    variance: numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / examples,
  };
}

/** The examples whose numbers were missed by most, those first; of equals the first in the data. */
export function largestErrors(guesses: readonly GuessedExample[], count: number): GuessedExample[] {
  return guesses.toSorted((a, b) => errorOf(b) - errorOf(a)).slice(0, count);
}

/** How far a guess is from the number. */
export function errorOf({ trueNumber, guessedNumber }: GuessedExample): number {
  return Math.abs(guessedNumber - trueNumber);
}
