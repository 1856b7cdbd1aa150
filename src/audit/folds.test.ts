import { expect, test } from "vitest";
import { Random } from "../random.js";
import { dealFolds } from "./folds.js";

const kinds = Array.from({ length: 103 }, (_, i) => Number(i % 5 === 0));
const groups = [
  [0, 50, 51, 52],
  [7, 8],
];
const folds = dealFolds(kinds, groups, { folds: 5, random: new Random(1) });

test("every fold has as many examples, and as many of each kind, as the others", () => {
  const counts = (of: (example: number) => boolean) =>
    Array.from({ length: 5 }, (_, fold) => kinds.filter((_, i) => folds[i] === fold && of(i)).length);
  const spread = (values: number[]) => Math.max(...values) - Math.min(...values);
  expect(spread(counts(() => true))).toBeLessThanOrEqual(4);
  for (const kind of [0, 1]) expect(spread(counts((i) => kinds[i] === kind))).toBeLessThanOrEqual(4);
});

test("groups stay together", () => {
  for (const group of groups) expect(new Set(group.map((i) => folds[i])).size).toBe(1);
});

test("the same seed deals the same", () => {
  const deal = (seed: number) => dealFolds(kinds, groups, { folds: 5, random: new Random(seed) });
  expect(deal(1)).toEqual(folds);
  expect(deal(2)).not.toEqual(folds);
});
