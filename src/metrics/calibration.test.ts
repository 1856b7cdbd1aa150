import { expect, test } from "vitest";
import { calibration } from "./calibration.js";

test("calibration compares confidence with accuracy in each bin", () => {
  const { bins, expectedCalibrationError } = calibration(
    [0.95, 0.92, 0.65, 0.62, 0.5, 1],
    [true, false, true, true, false, true],
  );
  expect(bins.map(({ from, to, examples, correct }) => [from, to, examples, correct])).toEqual([
    [0.4, 0.5, 1, 0],
    [0.6, 0.7, 2, 2],
    [0.9, 1, 3, 2],
  ]);
  expect(bins.map(({ confidence }) => confidence)).toEqual([0.5, 0.635, expect.closeTo(0.9566667, 6)]);
  // (1 · |0 − 0.5| + 2 · |1 − 0.635| + 3 · |2/3 − 2.87/3|) / 6
  expect(expectedCalibrationError).toBeCloseTo((0.5 + 0.73 + 0.87) / 6, 12);
});

test("a model that is as often right as it says has no calibration error", () => {
  const correct = Array.from({ length: 10 }, (_, i) => i < 8);
  expect(calibration(Array(10).fill(0.8), correct).expectedCalibrationError).toBeCloseTo(0, 12);
});

test("confidences of 0 are in the first bin", () => {
  expect(calibration([0], [false], 5).bins).toEqual([
    { from: 0, to: 0.2, examples: 1, correct: 0, confidence: 0 },
  ]);
});

test("a confidence that is no number is refused", () => {
  expect(() => calibration([0.5, Number.NaN], [true, true])).toThrow(
    "the confidence of answer 1 is NaN; expected 0 to 1",
  );
});
