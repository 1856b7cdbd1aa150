import { expect, test } from "vitest";
import { wilsonInterval } from "./wilson-interval.js";

/** Numbers of statsmodels 0.15, proportion_confint(…, method="wilson"). */
test.each([
  [8, 10, 0.49016247, 0.94331785],
  [0, 10, 0, 0.2775328],
  [10, 10, 0.7224672, 1],
  [741, 1000, 0.71296174, 0.76719377],
])("wilsonInterval of %i in %i", (successes, trials, low, high) => {
  const [least, greatest] = wilsonInterval(successes, trials);
  expect(least).toBeCloseTo(low, 7);
  expect(greatest).toBeCloseTo(high, 7);
});

test("wilsonInterval of nothing says nothing", () => {
  expect(wilsonInterval(0, 0)).toEqual([0, 1]);
});
