import { describe, expect, test } from "vitest";
import { checkConfig } from "./config.js";

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
