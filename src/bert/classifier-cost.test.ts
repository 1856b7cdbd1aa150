import { describe, expect, test } from "vitest";
import { classifierCost } from "./classifier-cost.js";

const sizes = { vocabularySize: 1000, hidden: 256, ffn: 512, heads: 4, maxPositions: 128 };

describe.each([1, 2, 12])("the cost of a run with %d blocks", (blocks) => {
  const cost = classifierCost({ ...sizes, blocks }, "training");

  test("grows with the examples and with their length", () => {
    expect(cost(2, 10)).toBeGreaterThan(cost(1, 10));
    expect(cost(2, 11)).toBeGreaterThan(cost(2, 10));
    expect(cost(0, 10)).toBeGreaterThan(0);
  });

  test("is less for one run of equal examples than for two", () => {
    expect(cost(20, 10)).toBeLessThan(cost(10, 10) + cost(10, 10));
  });
});
