import { expect, test } from "vitest";
import { argmaxRows } from "./argmax-rows.js";

test("gives each row's largest, the first of equals", () => {
  expect([...argmaxRows(Float32Array.of(1, 3, 2, -1, -1, -2), 3)]).toEqual([1, 0]);
});

test("of nothing is nothing", () => {
  expect(argmaxRows(new Float32Array(0), 3)).toHaveLength(0);
});
