import { expect, test } from "vitest";
import { meanCrossEntropy } from "./cross-entropy.js";

test("meanCrossEntropy is the mean of the negative log-probabilities of the labels", () => {
  const logits = Float32Array.of(Math.log(1), Math.log(3), Math.log(6), Math.log(2));
  const expected = (Math.log(4) + Math.log(8 / 6)) / 2;
  expect(meanCrossEntropy(logits, Int32Array.of(0, 0))).toBeCloseTo(expected, 6);
});

test("meanCrossEntropy is exact where float32 would overflow or lose everything", () => {
  expect(meanCrossEntropy(Float32Array.of(1000, 0), Int32Array.of(1))).toBe(1000);
  expect(meanCrossEntropy(Float32Array.of(0, -30), Int32Array.of(0))).toBeCloseTo(Math.exp(-30), 15);
});
