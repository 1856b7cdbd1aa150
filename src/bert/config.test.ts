import { describe, expect, test } from "vitest";
import { bertParameterShapes, checkConfig } from "./config.js";

const config = { vocabularySize: 100, hidden: 12, ffn: 20, heads: 3, blocks: 2, maxPositions: 16 };

describe("checkConfig", () => {
  test("returns a possible config", () => {
    expect(checkConfig(config)).toBe(config);
  });

  test.each([
    [{ hidden: 0 }, "hidden is 0; it must be a whole number of at least 1"],
    [{ blocks: 1.5 }, "blocks is 1.5; it must be a whole number of at least 1"],
    [{ blocks: 65 }, "blocks is 65; it must be at most 64"],
    [{ ffn: Number.NaN }, "ffn is NaN; it must be a whole number of at least 1"],
    [{ heads: 5 }, "5 heads do not divide the hidden size 12; choose a number of heads that does"],
  ])("refuses %j", (change, message) => {
    expect(() => checkConfig({ ...config, ...change })).toThrow(message);
  });
});

test("bertParameterShapes lists d2l's tensors, block by block", () => {
  const shapes = bertParameterShapes(config);
  const perBlock = 2 * 4 + 2 + 2 * 2 + 2;
  expect(shapes.size).toBe(3 + 2 * perBlock + 2);
  expect(shapes.get("encoder.pos_embedding")).toEqual([1, 16, 12]);
  expect(shapes.get("encoder.blks.1.ffn.dense1.weight")).toEqual([20, 12]);
  expect(shapes.get("encoder.blks.1.ffn.dense2.weight")).toEqual([12, 20]);
  expect(shapes.has("encoder.blks.2.ffn.dense1.weight")).toBe(false);
  const count = [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b), 0);
  const block = 4 * (12 * 12 + 12) + (20 * 12 + 20) + (12 * 20 + 12) + 4 * 12;
  expect(count).toBe((16 + 100 + 2) * 12 + 2 * block + 12 * 12 + 12);
});
