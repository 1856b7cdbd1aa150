import fc from "fast-check";
import { expect, test } from "vitest";
import { printable } from "./printable.js";

test.each([
  ["a terminal's commands", "\u001b]0;title\u0007\u001b[2J", "\\u001b]0;title\\u0007\\u001b[2J"],
  ["line ends and tabs", "a\nb\rc\td", "a\\u000ab\\u000dc\\u0009d"],
  ["C1 controls, DEL", "\u009b31m\u007f\u0085", "\\u009b31m\\u007f\\u0085"],
  ["line separators", "a\u2028b\u2029c", "a\\u2028b\\u2029c"],
  ["marks of direction", "\u202eabc\u2066d\u2069", "\\u202eabc\\u2066d\\u2069"],
  ["what is no character", "\ud800 \uffff \ufeff", "\\ud800 \\uffff \\ufeff"],
  ["text in any script", "naïve “日本語” שלום 👩‍🚀 C:\\new", "naïve “日本語” שלום 👩‍🚀 C:\\new"],
])("%s", (_, text, shown) => {
  expect(printable(text)).toBe(shown);
  expect(printable(shown)).toBe(shown);
});

test("JSON stays the same JSON", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const shown = printable(JSON.stringify({ [text]: text }));
      expect(shown).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(JSON.parse(shown)).toEqual({ [text]: text });
    }),
  );
});
