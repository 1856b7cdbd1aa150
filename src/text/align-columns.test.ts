import { expect, test } from "vitest";
import { alignColumns } from "./align-columns.js";

const rows = [
  ["", "first", "\u001b[2J"],
  ["a\nb", "1", "2"],
];

test("columns are as wide as what is shown in them", () => {
  expect(alignColumns(rows, { others: "right" })).toEqual([
    "          first  \\u001b[2J",
    "a\\u000ab      1          2",
  ]);
  expect(alignColumns(rows, { others: "left" })).toEqual([
    "          first  \\u001b[2J",
    "a\\u000ab  1      2",
  ]);
});

test("many rows are no trouble, and none are no lines", () => {
  expect(alignColumns(Array(150_000).fill(["name", "F32"]), { others: "left" })).toHaveLength(150_000);
  expect(alignColumns([], { others: "left" })).toEqual([]);
});
