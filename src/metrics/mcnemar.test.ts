import fc from "fast-check";
import { expect, test } from "vitest";
import { exactMcNemar } from "./mcnemar.js";

test("exactMcNemar counts the coins that would fall as unevenly", () => {
  // 2 · (1 + 10 + 45) / 2¹⁰
  expect(exactMcNemar(2, 8)).toBeCloseTo(0.109375, 12);
  expect(exactMcNemar(0, 6)).toBeCloseTo(2 / 2 ** 6, 12);
});

test("models that never differ, or differ evenly, are not told apart", () => {
  expect(exactMcNemar(0, 0)).toBe(1);
  expect(exactMcNemar(5, 5)).toBe(1);
});

/** Numbers of SciPy 1.17, binomtest(…).pvalue. */
test.each([
  [120, 160, 0.019606727290281328],
  [1000, 1200, 2.1817026407914194e-5],
  [0, 40, 1.8189894035458565e-12],
  [3000, 3300, 0.00016475607669748363],
])("exactMcNemar of %i and %i", (first, second, p) => {
  expect(exactMcNemar(first, second) / p).toBeCloseTo(1, 8);
});

test("exactMcNemar equals the sum of whole numbers, and does not mind the order", () => {
  fc.assert(
    fc.property(fc.nat(200), fc.nat(200), (first, second) => {
      const exact = exactly(Math.min(first, second), first + second);
      expect(exactMcNemar(first, second) / exact).toBeCloseTo(1, 9);
      expect(exactMcNemar(second, first)).toBe(exactMcNemar(first, second));
    }),
  );
});

function exactly(most: number, tosses: number): number {
  let sum = 0n;
  let ways = 1n;
  for (let k = 0n; k <= BigInt(most); k++) {
    sum += ways;
    ways = (ways * (BigInt(tosses) - k)) / (k + 1n);
  }
  const scale = 10n ** 200n;
  return Math.min(1, Number((2n * sum * scale) / 2n ** BigInt(tosses)) / 1e200);
}
