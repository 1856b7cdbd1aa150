import type { GuessEvaluation } from "../../metrics/guesses.js";

/** How near guesses come, as a line for a terminal. */
export function formatGuessEvaluation({
  examples,
  pearson,
  spearman,
  meanSquaredError,
  meanAbsoluteError,
  variance,
}: GuessEvaluation): string {
  return (
    `pearson ${pearson.toFixed(3)}, spearman ${spearman.toFixed(3)}, mean squared error ${meanSquaredError.toPrecision(4)} ` +
    `(of the mean: ${variance.toPrecision(4)}), mean absolute error ${meanAbsoluteError.toPrecision(4)}, ` +
    `${examples} ${examples === 1 ? "example" : "examples"}`
  );
}
