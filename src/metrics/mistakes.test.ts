import { expect, test } from "vitest";
import type { AnsweredExample } from "./answered-example.js";
import { mostConfidentMistakes } from "./mistakes.js";

/** What a model answers that gives "yes" this probability. */
function answer(text: string, trueLabel: string, yes: number, textPair?: string): AnsweredExample {
  const probabilities = [
    { label: "yes", probability: yes },
    { label: "no", probability: 1 - yes },
  ];
  return { text, textPair, trueLabel, predictedLabel: yes > 0.5 ? "yes" : "no", probabilities };
}

test("what is right is left out, and the most confident comes first", () => {
  const answers = [answer("a", "yes", 0.9), answer("b", "no", 0.7), answer("c", "no", 0.8)];
  const mistakes = [
    { answer: answers[2], alike: 0 },
    { answer: answers[1], alike: 0 },
  ];
  expect(mostConfidentMistakes(answers, 5)).toEqual(mistakes);
  expect(mostConfidentMistakes(answers, 1)).toEqual(mistakes.slice(0, 1));
});

test("nearly the same texts with the same answer are one mistake", () => {
  const answers = [
    answer("The parcel never came to my house .", "no", 0.9),
    answer("the parcel never came to my house!", "no", 0.95),
    answer("the parcel never came to our house .", "yes", 0.1),
    answer("where is my parcel ?", "no", 0.8),
    answer("the parcel never came to my house", "no", 0.6),
  ];
  expect(mostConfidentMistakes(answers, 2)).toEqual([
    { answer: answers[1], alike: 2 },
    { answer: answers[2], alike: 0 }, // another true label
  ]);
});

test("pairs that share their first text alone are apart, however long it is", () => {
  const answers = ["no rain fell", "everybody sings along"].map((second) =>
    answer("a man in a red coat", "no", 0.9, second),
  );
  expect(mostConfidentMistakes(answers, 5)).toHaveLength(2);
});
