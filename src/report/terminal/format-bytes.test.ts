import { expect, test } from "vitest";
import { formatBytes } from "./format-bytes.js";

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
