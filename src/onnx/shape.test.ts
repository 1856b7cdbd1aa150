import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { broadcastShapes, checkShape, type Dim, product, sameShape } from "./shape.js";

describe("product", () => {
  test.each<[Dim[], Dim]>([
    [[], 1],
    [[2, 3], 6],
    [["T"], "T"],
    [["T", "B"], "B*T"],
    [[2, "T", "B", 3], "6*B*T"],
    [["2*T", 4], "8*T"],
    [["B*T", "T"], "B*T*T"],
    [[1, "U", 1], "U"],
  ])("of %j is %j", (dims, expected) => {
    expect(product(dims)).toBe(expected);
  });

  test("does not depend on order or grouping", () => {
    const dim = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom("B", "T", "U", "2*T", "B*T"));
    fc.assert(
      fc.property(fc.array(dim, { maxLength: 5 }), fc.nat(5), (dims, cut) => {
        const all = product(dims);
        expect(product(dims.toReversed())).toBe(all);
        expect(product([product(dims.slice(0, cut)), product(dims.slice(cut))])).toBe(all);
      }),
    );
  });
});

describe("broadcastShapes", () => {
  test.each<[Dim[], Dim[], Dim[]]>([
    [[], [], []],
    [["M", 4], [4], ["M", 4]],
    [
      [3, 1],
      [1, 4],
      [3, 4],
    ],
    [
      ["B", 1, 1, "T"],
      ["B", 2, "T", "T"],
      ["B", 2, "T", "T"],
    ],
    [[], ["B", "T"], ["B", "T"]],
  ])("of %j and %j is %j, either way round", (a, b, expected) => {
    expect(broadcastShapes(a, b, "")).toEqual(expected);
    expect(broadcastShapes(b, a, "")).toEqual(expected);
  });

  test.each<[Dim[], Dim[]]>([
    [[2], [3]],
    [["B"], ["T"]],
    [["B"], [2]],
    [
      [3, 4],
      [3, 2],
    ],
  ])("refuses %j and %j", (a, b) => {
    const message = `Add: shapes [${a.join(", ")}] and [${b.join(", ")}] do not broadcast`;
    expect(() => broadcastShapes(a, b, "Add")).toThrow(message);
  });
});

test("sameShape compares rank and every dimension", () => {
  expect(sameShape(["B", 2], ["B", 2])).toBe(true);
  expect(sameShape(["B", 2], ["B"])).toBe(false);
  expect(sameShape(["B", 2], ["T", 2])).toBe(false);
});

test("checkShape refuses what is no size", () => {
  checkShape(["T", 0, 3], "x");
  for (const odd of [7.5, -1, Number.NaN]) {
    expect(() => checkShape(["T", odd], "Reshape")).toThrow(
      `Reshape: the dimension ${odd} of [T, ${odd}] is not a whole number`,
    );
  }
});
