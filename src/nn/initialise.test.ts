import { expect, test } from "vitest";
import { Random } from "../random.js";
import { constant, type Initialiser, normal, uniformOverInputs } from "./initialise.js";

const drawn = (initialiser: Initialiser) => {
  const values = new Float32Array(6400);
  initialiser(values, new Random(0));
  return [...values];
};
const deviation = (numbers: number[]) =>
  Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length);

test("normal has the given standard deviation", () => {
  const values = drawn(normal(0.5));
  expect(deviation(values)).toBeCloseTo(0.5, 1);
  expect(Math.max(...values)).toBeGreaterThan(1.5);
});

test("constant is the number everywhere", () => {
  expect(new Set(drawn(constant(1)))).toEqual(new Set([1]));
});

test("uniformOverInputs is uniform within 1 / √inputs", () => {
  const values = drawn(uniformOverInputs(64));
  const bound = 1 / 8;
  const largest = Math.max(...values.map(Math.abs));
  expect(largest).toBeLessThanOrEqual(bound);
  expect(largest).toBeGreaterThan(0.98 * bound);
  expect(deviation(values) / bound).toBeCloseTo(1 / Math.sqrt(3), 1);
});
