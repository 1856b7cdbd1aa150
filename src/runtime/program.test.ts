import { expect, test } from "vitest";
import { resolveShape } from "./program.js";

test("resolveShape puts numbers in place of symbols, also within products", () => {
  expect(resolveShape(["B", 4, "T"], { B: 2, T: 3 })).toEqual([2, 4, 3]);
  expect(resolveShape(["2*B*T", "T*T"], { B: 2, T: 3 })).toEqual([12, 9]);
  expect(resolveShape([], {})).toEqual([]);
});
