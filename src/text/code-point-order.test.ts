import fc from "fast-check";
import { expect, test } from "vitest";
import { compareCodePoints } from "./code-point-order.js";

const character = fc.constantFrom(
  "a",
  "b",
  "é",
  "\u{d7ff}",
  "\u{e000}",
  "\u{ffff}",
  "\u{10000}",
  "\u{10ffff}",
);

test("orders by code point, unlike JavaScript, which puts U+1F600 before U+FFFD", () => {
  expect(["\u{1f600}", "\ufffd", "b", "a", "ab", ""].sort(compareCodePoints)).toEqual([
    "",
    "a",
    "ab",
    "b",
    "\ufffd",
    "\u{1f600}",
  ]);
});

test("agrees with comparing the lists of code points", () => {
  const text = fc.string({ unit: character, maxLength: 4 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(compareLists(codePoints(a), codePoints(b)));
    }),
  );
});

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return Math.sign(a[i]! - b[i]!);
  }
  return Math.sign(a.length - b.length);
}
