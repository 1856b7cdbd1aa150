import { describe, expect, test } from "vitest";
import type { AnsweredExample } from "./answered-example.js";
import { compareAnswers, firstOtherExample } from "./compare-answers.js";

test("compareAnswers counts the pairs that only one of the two gets right", () => {
  const first = answers("aaaaabbb");
  const second = answers("abaaaaab");
  expect(compareAnswers(first, second)).toEqual({
    pairs: 8,
    onlyFirstRight: 1,
    onlySecondRight: 2,
    difference: 1 / 8,
    pValue: 1,
  });
  expect(compareAnswers(answers("aaaaaaaa"), answers("bbbbbbbb"))).toMatchObject({
    onlyFirstRight: 8,
    onlySecondRight: 0,
    difference: -1,
    pValue: expect.closeTo(2 / 2 ** 8, 12),
  });
});

describe("firstOtherExample", () => {
  const pairs = answers("abab");

  test("does not mind the answers", () => {
    expect(firstOtherExample(pairs, answers("bbbb"))).toBeUndefined();
  });

  test.each(["text", "textPair", "trueLabel"] as const)("finds where a %s is another", (part) => {
    const others = pairs.map((pair, i) => (i === 2 ? { ...pair, [part]: "b" } : pair));
    expect(firstOtherExample(pairs, others)).toBe(2);
  });

  test("finds where one list ends before the other", () => {
    expect(firstOtherExample(pairs, pairs.slice(0, 3))).toBe(3);
    expect(firstOtherExample([], pairs)).toBe(0);
  });
});

/** Answers to pairs whose label is a. */
function answers(given: string): AnsweredExample[] {
  return Array.from(given, (predictedLabel, i) => ({
    text: `p${i}`,
    textPair: `h${i}`,
    trueLabel: "a",
    predictedLabel,
    probabilities: [],
  }));
}
