import fc from "fast-check";
import { expect, test } from "vitest";
import { leavesOfParse } from "./snli.js";

test.each([
  ["( ( The cat ) ( sleeps . ) )", "The cat sleeps ."],
  ["( flat words )", "flat words"],
  ["word", "word"],
  ["( ( a -LRB- b -RRB- ) )", "a -LRB- b -RRB-"],
  ["(no(spaces)here)", "nospaceshere"],
  ["( wide   gap )", "wide gap"],
  [" ( ) ", ""],
  ["", ""],
])("the leaves of %j are %j", (parse, leaves) => {
  expect(leavesOfParse(parse)).toBe(leaves);
});

test("equals the reference's three steps on any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("(", ")", " ", "a", "é", "\u00a0", "\v") }), (parse) => {
      const expected = parse
        .replaceAll("(", "")
        .replaceAll(")", "")
        .replace(/\s{2,}/g, " ")
        .trim();
      expect(leavesOfParse(parse)).toBe(expected);
    }),
    { numRuns: 3000 },
  );
});
