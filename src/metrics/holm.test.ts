import { expect, test } from "vitest";
import { holm } from "./holm.js";

test("holm multiplies the least by the number of tests, the next by one less, and so on", () => {
  expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
});

test("holm leaves a single test alone, and goes no higher than 1", () => {
  expect(holm([0.02])).toEqual([0.02]);
  expect(holm([0.6, 0.9])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});
