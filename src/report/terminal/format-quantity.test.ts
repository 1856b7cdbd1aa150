import { describe, expect, test } from "vitest";
import { formatBytes, formatDuration } from "./format-quantity.js";

describe("formatDuration", () => {
  test.each([
    [0, "0s"],
    [0.4, "0s"],
    [45, "45s"],
    [59.6, "1m 00s"],
    [80, "1m 20s"],
    [65, "1m 05s"],
    [3599.7, "1h 00m"],
    [7500, "2h 05m"],
    [7199, "2h 00m"],
    [86_399, "1d 00h"],
    [3 * 86_400 + 4 * 3600, "3d 04h"],
  ])("%d seconds are %s", (seconds, expected) => {
    expect(formatDuration(seconds)).toBe(expected);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])("%d seconds are not known", (seconds) => {
    expect(formatDuration(seconds)).toBe("?");
  });
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.00 kB"],
  [12_345, "12.3 kB"],
  [94_550_081, "94.6 MB"],
  [440_000_000, "440 MB"],
  [8.6e9, "8.60 GB"],
  [5e15, "5000 TB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
