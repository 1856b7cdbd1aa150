import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isWhitespace, tokenize } from "./tokenize.js";

test("lowers and splits at runs of whitespace", () => {
  expect(tokenize("  Two dogs\tRUN .\n")).toEqual(["two", "dogs", "run", "."]);
  expect(tokenize("")).toEqual([]);
  expect(tokenize(" \r\n ")).toEqual([]);
});

test("splits where Python does and JavaScript's \\s does not, and the other way round", () => {
  expect(tokenize("a\u001cb\u001dc\u001ed\u001fe\u0085f\u00a0g\u3000h")).toEqual([..."abcdefgh"]);
  expect(tokenize("a\ufeffb\u200bc\u180ed")).toEqual(["a\ufeffb\u200bc\u180ed"]);
});

test("knows the whitespace of Python's str.isspace, no more and no less", () => {
  const found = Array.from({ length: 0x10000 }, (_, unit) => unit).filter(isWhitespace);
  const likeRegExp = Array.from({ length: 0x10000 }, (_, unit) => unit).filter(
    (unit) => /\s/.test(String.fromCharCode(unit)) && unit !== 0xfeff,
  );
  expect(found).toEqual([...likeRegExp, 0x1c, 0x1d, 0x1e, 0x1f, 0x85].sort((a, b) => a - b));
});

test("lowers beyond ASCII as Python does", () => {
  expect(tokenize("ÉCOLE İ ΣΑΣ")).toEqual(["école", "i\u0307", "σας"]);
});

test("tokens hold no whitespace, are not empty, and stay the same when joined and split again", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "B", "é", "\u{1f600}", " ", "\t", "\u0085") }),
      (text) => {
        const tokens = tokenize(text);
        for (const token of tokens) {
          expect(token).not.toBe("");
          expect([...token].some((c) => isWhitespace(c.charCodeAt(0)))).toBe(false);
        }
        expect(tokenize(tokens.join(" "))).toEqual(tokens);
      },
    ),
  );
});

describe("punctuation set apart", () => {
  test.each([
    [
      "Don't stop: it's 3.5 % (or so)!",
      ["don", "'", "t", "stop", ":", "it", "'", "s", "3", ".", "5", "%", "(", "or", "so", ")", "!"],
    ],
    ["plain words stay", ["plain", "words", "stay"]],
    ["«Ça va?» – «Oui…»", ["«", "ça", "va", "?", "»", "–", "«", "oui", "…", "»"]],
    ["東京へ行く 𠀀x", ["東", "京", "へ", "行", "く", "𠀀", "x"]],
    ["...", [".", ".", "."]],
    ["a_b$c^d", ["a", "_", "b", "$", "c", "^", "d"]],
  ])("%j", (text, words) => {
    expect(tokenize(text, "punctuation")).toEqual(words);
  });

  test("takes time that grows with the text", () => {
    expect(tokenize("a,".repeat(200_000), "punctuation")).toHaveLength(400_000);
  });
});
