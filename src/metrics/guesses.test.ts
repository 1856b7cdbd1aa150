import { describe, expect, test } from "vitest";
import { compareGuesses, pairedRandomization } from "./compare-guesses.js";
import { evaluateGuesses, type GuessedExample, largestErrors } from "./guesses.js";

const numbers = Float32Array.of(1, 2, 3, 4);
const guessed = (guesses: readonly number[]): GuessedExample[] =>
  guesses.map((guessedNumber, i) => ({ text: `${i}`, trueNumber: numbers[i]!, guessedNumber }));

describe("evaluateGuesses", () => {
  test("measures errors and correlations", () => {
    expect(evaluateGuesses(Float32Array.of(2, 2, 3, 6), numbers)).toEqual({
      examples: 4,
      meanSquaredError: 1.25,
      meanAbsoluteError: 0.75,
      pearson: expect.closeTo(0.8866, 4),
      spearman: expect.closeTo(0.9487, 4),
      variance: 1.25,
    });
  });

  test("finds no correlation where all guesses are the same", () => {
    expect(evaluateGuesses(Float32Array.of(1, 1, 1, 1), numbers)).toMatchObject({ pearson: 0, spearman: 0 });
  });
});

test("largestErrors begins with the largest, and keeps the order of equal ones", () => {
  const texts = largestErrors(guessed([2, 2, 4, 0]), 3).map(({ text }) => text);
  expect(texts).toEqual(["3", "0", "2"]);
});

describe("compareGuesses", () => {
  test("counts who is nearer", () => {
    expect(compareGuesses(guessed([1, 2, 3, 0]), guessed([1, 3, 3, 4]))).toMatchObject({
      ...{ pairs: 4, firstNearer: 1, secondNearer: 1, difference: (1 - 16) / 4 },
    });
  });

  test("models that never differ are no different", () => {
    expect(compareGuesses(guessed([1, 2, 3, 0]), guessed([1, 2, 3, 0])).pValue).toBe(1);
  });
});

test.each([
  // Of 2⁴ signs, 2 and 10 give sums at least as far from 0.
  [[1, 2, 3, 4], 0.125],
  [[1, -2, 3, 1], 0.625],
])("pairedRandomization of %j is near the exact value", (differences, exact) => {
  expect(pairedRandomization(Float64Array.from(differences))).toBeCloseTo(exact, 1);
});
