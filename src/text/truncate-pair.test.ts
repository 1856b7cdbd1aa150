import fc from "fast-check";
import { expect, test } from "vitest";
import { longestFirst } from "./truncate-pair.js";

test.each([
  [3, 4, 7, 3, 4],
  [9, 2, 7, 5, 2],
  [2, 9, 7, 2, 5],
  [9, 9, 6, 3, 3],
  [9, 9, 7, 4, 3],
  [0, 9, 4, 0, 4],
])("of %i and %i tokens, %i keeps %i and %i", (first, second, limit, keptFirst, keptSecond) => {
  expect(longestFirst(first, second, limit)).toEqual([keptFirst, keptSecond]);
});

test("equals dropping one token at a time", () => {
  const length = fc.nat(60);
  fc.assert(
    fc.property(length, length, length, (first, second, limit) => {
      expect(longestFirst(first, second, limit)).toEqual(dropOneByOne(first, second, limit));
    }),
  );
});

test("never exceeds the limit, never lengthens a text, drops no more than it must", () => {
  const length = fc.nat(1000);
  fc.assert(
    fc.property(length, length, length, (first, second, limit) => {
      const [keptFirst, keptSecond] = longestFirst(first, second, limit);
      expect(keptFirst + keptSecond).toBe(Math.min(first + second, limit));
      expect(keptFirst).toBeLessThanOrEqual(first);
      expect(keptSecond).toBeLessThanOrEqual(second);
    }),
  );
});

function dropOneByOne(first: number, second: number, limit: number): [number, number] {
  while (first + second > limit) {
    if (first > second) first--;
    else second--;
  }
  return [first, second];
}
