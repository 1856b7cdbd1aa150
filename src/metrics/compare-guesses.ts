import { Random } from "../random.js";
import { errorOf, type GuessedExample } from "./guesses.js";

/** How two models' guesses at the same numbers differ. */
export interface GuessComparison {
  readonly pairs: number;
  /** Examples at which only the one guess is nearer. */
  readonly firstNearer: number;
  readonly secondNearer: number;
  /** The second's mean squared error less the first's. */
  readonly difference: number;
  /** Of the paired randomization test. */
  readonly pValue: number;
}

/** @param second guesses at the same examples in the same order */
export function compareGuesses(
  first: readonly GuessedExample[],
  second: readonly GuessedExample[],
): GuessComparison {
  const errors = first.map((guess, i) => [errorOf(guess), errorOf(second[i]!)] as const);
  const differences = Float64Array.from(errors, ([one, other]) => other ** 2 - one ** 2);
  return {
    pairs: first.length,
    firstNearer: errors.filter(([one, other]) => one < other).length,
    secondNearer: errors.filter(([one, other]) => other < one).length,
    difference: differences.reduce((sum, difference) => sum + difference, 0) / first.length,
    pValue: pairedRandomization(differences),
  };
}

const DRAWS = 9_999;

/**
 * The two-sided p-value of the paired randomization test: of two models that are equally near in general, how likely the
 * differences of their errors, with a sign drawn for each, add up at least this far from 0. Estimated by 9,999 draws from
 * a seed, so that it is the same every time. (Fisher, 1935; for comparing systems: Noreen, 1989.)
 * @param differences one for each example
 */
export function pairedRandomization(differences: Float64Array): number {
  const random = new Random(0);
  const observed = Math.abs(differences.reduce((sum, difference) => sum + difference, 0));
  // Sums of the same numbers in another order differ in their last bits.
  const enough = observed * (1 - 1e-12);
  let asFar = 0;
  for (let draw = 0; draw < DRAWS; draw++) {
    let sum = 0;
    let bits = 0;
    differences.forEach((difference, i) => {
      if (i % 32 === 0) bits = random.int32();
      sum += bits & 1 ? difference : -difference;
      bits >>>= 1;
    });
    if (Math.abs(sum) >= enough) asFar++;
  }
  return (asFar + 1) / (DRAWS + 1);
}
