import { describe, expect, test } from "vitest";
import { classWeightsOf } from "./class-weights.js";

const labels = ["yes", "no", "maybe", "never"];
const train = { labels: Int32Array.of(0, 1, 1, 0, 0, 0, 0, 0, 2) };

describe("class weights", () => {
  test("are 1 where they are equal", () => {
    expect(classWeightsOf("equal", labels, train)).toEqual([1, 1, 1, 1]);
  });

  test("balance the labels that occur", () => {
    const weights = classWeightsOf("balanced", labels, train);
    expect(weights).toEqual([9 / 18, 9 / 6, 9 / 3, 0]);
    const total = [...train.labels].reduce((sum, label) => sum + weights[label]!, 0);
    expect(total).toBe(train.labels.length);
  });

  test("may be given by name", () => {
    expect(classWeightsOf({ maybe: 2.5, yes: 0.5 }, labels, train)).toEqual([0.5, 1, 2.5, 1]);
  });

  test("are not mixed up with what every object has", () => {
    expect(classWeightsOf({ yes: 2 }, ["constructor", "yes"], train)).toEqual([1, 2]);
  });

  test("are refused for other labels, and where they are not positive numbers", () => {
    expect(() => classWeightsOf({ perhaps: 1 }, labels, train)).toThrow(
      "there is a class weight for the label perhaps, but the labels are yes, no, maybe, never",
    );
    for (const weight of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => classWeightsOf({ no: weight }, labels, train)).toThrow(
        `the class weight of no is ${weight}`,
      );
    }
  });
});
