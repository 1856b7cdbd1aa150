import { expect, test } from "vitest";
import { showJson } from "./show-json.js";

test.each([
  ["a", '"a"'],
  [1.5, "1.5"],
  [null, "null"],
  [true, "true"],
  [[1], "a list"],
  [{ a: 1 }, "an object"],
  ["x".repeat(100), `"${"x".repeat(59)}…`],
])("shows %j", (value, shown) => {
  expect(showJson(value)).toBe(shown);
});

test("shows what is nested too deeply to be written", () => {
  const depth = 200_000;
  expect(showJson(JSON.parse("[".repeat(depth) + "]".repeat(depth)))).toBe("a list");
});
