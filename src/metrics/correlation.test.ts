import { expect, test } from "vitest";
import { pearson, spearman } from "./correlation.js";

const x = [1.5, 2, 2, -3, 4.25, 0, 2];
const y = [0.5, 1, -1, -2, 3, 3, 1];

test("the coefficients are those of SciPy, ties included", () => {
  expect(pearson(x, y)).toBeCloseTo(0.5800533497098953, 14);
  expect(spearman(x, y)).toBeCloseTo(0.4340395297554284, 14);
});

test("lines and orders have the coefficient 1 or -1", () => {
  const line = x.map((value) => 0.1 - 3 * value);
  expect(pearson(x, line)).toBeCloseTo(-1, 14);
  expect(
    spearman(
      x,
      x.map((value) => value ** 3),
    ),
  ).toBeCloseTo(1, 14);
});

test("there is none where all numbers are the same", () => {
  expect(pearson(x, [7, 7, 7, 7, 7, 7, 7])).toBeNaN();
});
