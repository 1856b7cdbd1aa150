import { expect, test } from "vitest";
import { checkLabels } from "./check-labels.js";

test("checkLabels takes labels that differ", () => {
  const labels = ["yes", "Yes", " yes", "__proto__", "constructor"];
  expect(checkLabels(labels)).toBe(labels);
});

test.each([
  [[], "a classifier needs at least two labels, but there are 0"],
  [["yes"], "a classifier needs at least two labels, but there are 1"],
  [["yes", "no", "yes"], 'there are two labels "yes"'],
  [["yes", ""], "label 2 of 2 is blank"],
  [["\t ", "yes"], "label 1 of 2 is blank"],
])("checkLabels refuses %j", (labels, message) => {
  expect(() => checkLabels(labels)).toThrow(message);
});
