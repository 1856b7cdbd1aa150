import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { endOfCsvRow, endOfCsvRows, endOfHeader, endOfLine, endOfLines } from "./row-ends.js";
import { lines } from "./row-reader.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const COMMA = 0x2c;

test.each([
  ["a\nb", 2],
  ["a\r\nb", 3],
  ["a\r\r\nb", 4],
  ["a\rb", 2],
  ["a\r\rb", 2],
  ["\n", 1],
  ["a", 1],
])("the first line of %j ends at %i", (text, end) => {
  expect(endOfLine(bytes(text))).toBe(end);
  expect(endOfCsvRow(bytes(text), COMMA)).toBe(end);
});

test.each([
  ["a\nb\nc", 4],
  ["a\rb\rcde", 4],
  ["a\r", 0],
  ["a\r\r", 0],
  ["a\rb\r\r", 2],
  ["abc", 0],
])("whole lines of %j are %i bytes: a CR counts when what follows tells that it is alone", (text, end) => {
  expect(endOfLines(bytes(text))).toBe(end);
});

test.each([
  ['a,"b\n', 0],
  ['x\na,"b\nc"', 2],
  ['a,"b""\nc"\nd', 10],
  ['x\r"a\rb"\rc', 8],
  ["a,b\r\r\nc", 6],
  ["a\r", 0],
  ['5" pipe,b\nc,d\n', 14],
  ['"a"b,"c\nd"\n', 11],
])("whole rows of CSV %j are %i bytes", (text, end) => {
  expect(endOfCsvRows(bytes(text), COMMA)).toBe(end);
});

test.each([
  ["\n \na,b\nc", true, 7],
  ['"a\nb",c\r\nd', true, 9],
  ['5"\na\n', false, 3],
  ['5"\na\n', true, 0],
  ["a,b", true, 0],
])("the header of %j, quotes %s, ends at %i", (text, quotes, end) => {
  expect(endOfHeader(bytes(text), quotes)).toBe(end);
});

describe("wherever blocks are cut", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "\r", "\n", "\u2028") });

  test("the lines are those of the whole", () => {
    fc.assert(
      fc.property(text, fc.nat(20), (whole, length) => {
        const start = bytes(whole).subarray(0, length);
        const end = endOfLines(start);
        const parts = [bytes(whole).subarray(0, end), bytes(whole).subarray(end)];
        const found = parts.flatMap((part) => [...lines(new TextDecoder().decode(part))]);
        expect(found).toEqual([...lines(whole)]);
      }),
      { numRuns: 2000 },
    );
  });

  test("each line ends where the next begins", () => {
    fc.assert(
      fc.property(text, (whole) => {
        let count = 0;
        const all = bytes(whole);
        for (let start = 0; start < all.length; count++) start += endOfLine(all.subarray(start));
        // Several CR at the very end may yet belong together.
        expect(Math.abs(count - [...lines(whole)].length)).toBeLessThanOrEqual(
          whole.endsWith("\r\r") ? 1 : 0,
        );
      }),
      { numRuns: 2000 },
    );
  });
});

test("line separators of Unicode are text", () => {
  expect([...lines("a\u2028b\u0085c\vd\n")]).toEqual(["a\u2028b\u0085c\vd"]);
});
