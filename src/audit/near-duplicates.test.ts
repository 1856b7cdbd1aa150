import { expect, test } from "vitest";
import { Random } from "../random.js";
import { nearDuplicates } from "./near-duplicates.js";

const texts = (...all: string[]) => all.map((text) => ({ text }));

test("case, punctuation and spaces make no difference, and a little does not", () => {
  const examples = texts(
    "A man in a red coat plays the guitar on a stage.",
    "Two dogs run through the deep snow.",
    "a man in a red coat  plays the guitar, on a stage",
    "A man in a red coat plays the guitars on a stage.",
    "Two dogs run through the snow in the morning, and a child laughs.",
  );
  expect(nearDuplicates(examples)).toEqual([[0, 2, 3]]);
});

test("of a pair both texts are alike", () => {
  const first = "A man in a red coat plays the guitar on a stage.";
  expect(
    nearDuplicates([
      { text: first, textPair: "He is asleep at home." },
      { text: first, textPair: "He is playing music to a crowd." },
      { text: first.toUpperCase(), textPair: "He is playing music to a crowd!" },
      { text: "He is asleep at home.", textPair: first },
    ]),
  ).toEqual([[1, 2]]);
});

test("texts without a letter, short ones and empty ones are like themselves alone", () => {
  expect(nearDuplicates(texts("!!!", "???", "", "", "ab", "AB", "abc", "😀", "😀"))).toEqual([
    ...[
      [2, 3],
      [4, 5],
      [7, 8],
    ],
  ]);
  expect(nearDuplicates([])).toEqual([]);
});

test("among many, all that are nearly the same are found, and no others", () => {
  const random = new Random(1);
  const word = () =>
    Array.from({ length: 3 + random.below(6) }, () => "abcdefghij"[random.below(10)]).join("");
  const originals = Array.from({ length: 500 }, () => Array.from({ length: 12 }, word).join(" "));
  const changed = originals.map((text) => {
    const place = random.below(text.length - 10);
    return `${text.slice(0, place)}${text.slice(place + 1)}`; // without a character
  });
  const groups = nearDuplicates(texts(...originals, ...changed));
  expect(groups).toEqual(originals.map((_, i) => [i, i + originals.length]));
});

test("many that are all the same take no time in proportion to their square", () => {
  const examples = Array.from({ length: 50_000 }, (_, i) => ({
    text: i % 2 === 0 ? "the very same text" : "another one",
  }));
  expect(nearDuplicates(examples).map((group) => group.length)).toEqual([25_000, 25_000]);
});
