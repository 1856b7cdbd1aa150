import { describe, expect, test } from "vitest";

const near = { absolute: 0.1 };

function failure(check: () => void): string {
  try {
    check();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("the check passed");
}

describe("toBeCloseToTensor", () => {
  test("accepts what is within the tolerance, and takes any two array-likes", () => {
    expect(Float32Array.of(1, 2.05)).toBeCloseToTensor([1, 2], near);
    expect([]).toBeCloseToTensor(new Float32Array(0), near);
    expect([Number.POSITIVE_INFINITY]).toBeCloseToTensor([Number.POSITIVE_INFINITY], near);
  });

  test("names the worst element and both its values", () => {
    const message = failure(() => expect([1.2, 5, 3]).toBeCloseToTensor([1, 2, 3], near));
    expect(message).toBe("element 1 of 3 is 5, expected 2: they differ by 3, allowed is 0.1");
  });

  test("takes a relative tolerance as a fraction of the largest magnitude expected", () => {
    expect([0.5, -100]).toBeCloseToTensor([0, -100], { relative: 0.01 });
    const message = failure(() => expect([2, -100]).toBeCloseToTensor([0, -100], { relative: 0.01 }));
    expect(message).toBe("element 0 of 2 is 2, expected 0: they differ by 2, allowed is 1 (0.01 of 100)");
  });

  test.each([
    ["NaN", [Number.NaN], [Number.NaN]],
    ["an infinity of the other sign", [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]],
    ["an infinity for a number", [Number.POSITIVE_INFINITY], [1]],
  ])("rejects %s", (_, actual, expected) => {
    expect(() => expect(actual).toBeCloseToTensor(expected, near)).toThrow("they differ by Infinity");
  });

  test("rejects another number of elements", () => {
    expect(() => expect([1, 2]).toBeCloseToTensor([1], near)).toThrow("has 2 elements, expected 1");
  });

  test("can be negated", () => {
    expect([1, 2]).not.toBeCloseToTensor([1, 3], near);
    const message = failure(() => expect([1, 2]).not.toBeCloseToTensor([1, 2], near));
    expect(message).toBe("element 0 of 2 is 1, expected 1: they differ by 0, no more than 0.1");
  });
});
