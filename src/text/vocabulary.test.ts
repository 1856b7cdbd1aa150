import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import { SPECIAL_TOKENS, Vocabulary } from "./vocabulary.js";

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

const file = "vocab.json";

describe("parse", () => {
  test("reads a JSON list; ids are places in it", () => {
    const vocabulary = Vocabulary.parse('["<sep>", "cat", "<unk>", "<cls>", "<pad>"]', file);
    expect(vocabulary).toMatchObject({ size: 5, sep: 0, unk: 2, cls: 3, pad: 4, mask: undefined });
    expect(vocabulary.id("cat")).toBe(1);
    expect(vocabulary.id("dog")).toBe(vocabulary.unk);
    expect(vocabulary.token(1)).toBe("cat");
  });

  test("is undone by JSON.stringify", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: character })), (words) => {
        const tokens = [...new Set([...words, ...SPECIAL_TOKENS])];
        const copy = Vocabulary.parse(JSON.stringify(new Vocabulary(tokens)), file);
        expect(copy.toJSON()).toEqual(tokens);
        tokens.forEach((token, id) => {
          expect(copy.id(token)).toBe(id);
          expect(copy.token(id)).toBe(token);
        });
      }),
    );
  });

  test.each([
    ["what is not JSON", "<unk>", /vocab\.json is not JSON/],
    ["what is not a list", '{"<unk>": 0}', /vocab\.json .*expected a JSON list/],
    ["what is not a string", '["<unk>", 7]', /entry 1 .* is 7/],
    ["a token listed twice", '["<unk>", "a", "<pad>", "a"]', /"a" twice, with the ids 1 and 3/],
    ["missing special tokens", '["<unk>", "<pad>", "a"]', /vocab\.json lacks <cls>, <sep>/],
    ["an empty list", "[]", /lacks <unk>, <pad>, <cls>, <sep>/],
  ])("refuses %s", (_what, json, message) => {
    expect(() => Vocabulary.parse(json, file)).toThrow(TunebertError);
    expect(() => Vocabulary.parse(json, file)).toThrow(message);
  });
});

describe("build", () => {
  test("keeps the frequent tokens and the special ones, by code point", () => {
    const counts = new Map([
      ["zebra", 2],
      ["rare", 1],
      [".", 5],
      ["\u{1f600}", 2],
      ["\ufffd", 2],
      ["<pad>", 1],
    ]);
    expect(Vocabulary.build(counts, 2).toJSON()).toEqual([
      ".",
      "<cls>",
      "<mask>",
      "<pad>",
      "<sep>",
      "<unk>",
      "zebra",
      "\ufffd",
      "\u{1f600}",
    ]);
  });

  test("the order of the counts changes nothing", () => {
    const counts = fc.uniqueArray(fc.tuple(fc.string({ unit: character }), fc.nat(4)), {
      selector: ([token]) => token,
    });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 4 }), (entries, minFrequency) => {
        const forwards = Vocabulary.build(entries, minFrequency).toJSON();
        expect(Vocabulary.build([...entries].reverse(), minFrequency).toJSON()).toEqual(forwards);
      }),
    );
  });
});

test("an id outside the vocabulary is an error that says what the ids are", () => {
  const vocabulary = new Vocabulary(SPECIAL_TOKENS);
  expect(() => vocabulary.token(5)).toThrow("no token has the id 5; the vocabulary's ids are 0 to 4");
});
