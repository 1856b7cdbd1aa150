import { expect, test } from "vitest";
import { TunebertError } from "../error.js";
import type { AnsweredExample } from "./answered-example.js";
import { evaluateAnswers } from "./evaluation.js";

const LABELS = ["yes", "no"];

const answers: AnsweredExample[] = [
  answer("the cat sleeps", "The cat", "yes", 0.9),
  answer("the cat sleeps", "a dog", "yes", 0.2),
  answer("the cat", "the cat runs far", "no", 0.6),
  answer("one two three four", "five two", "no", 0.3),
];

test("evaluateAnswers looks at answers from every side", () => {
  const evaluation = evaluateAnswers(answers, LABELS);
  expect(evaluation).toMatchObject({
    examples: 4,
    accuracy: 0.5,
    confusion: [
      [1, 1],
      [1, 1],
    ],
    macroF1: 0.5,
  });
  expect(evaluation.accuracyInterval[0]).toBeLessThan(0.5);
  expect(evaluation.calibration.expectedCalibrationError).toBeCloseTo((0.1 + 0.8 + 0.6 + 0.3) / 4, 12);
});

test("evaluateAnswers groups by the words of both texts, and by how many of the second the first has", () => {
  const { byLength, byOverlap } = evaluateAnswers(answers, LABELS);
  expect(byLength).toEqual([
    { from: 5, to: 5, examples: 2, correct: 1 },
    { from: 6, to: 6, examples: 2, correct: 1 },
  ]);
  // No word of "a dog", half of "the cat runs far" and of "five two", and all of "The cat" whatever its case.
  expect(byOverlap).toEqual([
    { from: 0, to: 0, examples: 1, correct: 0 },
    { from: 0.5, to: 0.5, examples: 2, correct: 1 },
    { from: 1, to: 1, examples: 1, correct: 1 },
  ]);
});

test("a second text without words overlaps with nothing", () => {
  expect(evaluateAnswers([answer("a", " ", "yes", 0.9)], LABELS).byOverlap).toMatchObject([
    { from: 0, to: 0 },
  ]);
});

test("evaluateAnswers refuses a label that the model does not have, and no pairs", () => {
  expect(() => evaluateAnswers([answer("a", "b", "maybe", 0.9)], LABELS)).toThrow(TunebertError);
  expect(() => evaluateAnswers([], LABELS)).toThrow(/no examples/);
});

test("evaluateAnswers of single texts has no groups by overlap", () => {
  const single = answers.map(({ textPair: _, ...rest }) => rest);
  const { byLength, byOverlap, accuracy } = evaluateAnswers(single, LABELS);
  expect(byLength.map(({ to, examples }) => [to, examples])).toEqual([
    [2, 1],
    [3, 2],
    [4, 1],
  ]);
  expect({ byOverlap, accuracy }).toEqual({ byOverlap: [], accuracy: 0.5 });
});

/** What a model answers that gives "yes" this probability. */
function answer(text: string, textPair: string, trueLabel: string, yes: number): AnsweredExample {
  const predictedLabel = yes > 0.5 ? "yes" : "no";
  const probabilities = [
    { label: "yes", probability: yes },
    { label: "no", probability: 1 - yes },
  ];
  return { text, textPair, trueLabel, predictedLabel, probabilities };
}
