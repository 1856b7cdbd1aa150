import fc from "fast-check";
import { expect, test } from "vitest";
import { compareCodePoints } from "../code-point-order.js";
import { learnWordPiece } from "./learn-word-piece.js";
import { WordPieceTokenizer } from "./word-piece-tokenizer.js";

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const WORDS: readonly (readonly [string, number])[] = [
  ["low", 5],
  ["lower", 2],
  ["newest", 6],
  ["widest", 3],
];

test("the most frequent pair becomes one piece, time after time", () => {
  const alphabet = ["##d", "##e", "##i", "##o", "##r", "##s", "##t", "##w", "l", "n", "w"];
  // es and st 9 times, then est; lo and ow 7 times, then low; ew and ne 6 times: of equals the first by code points.
  const merged = ["##es", "##est", "##ow", "low", "##ew"];
  expect(learnWordPiece(WORDS, 21)).toEqual([...SPECIAL, ...alphabet, ...merged]);
});

test("the order of the words is of no account, and there are no more tokens than asked for", () => {
  const all = learnWordPiece(WORDS, 30);
  expect(learnWordPiece([...WORDS].reverse(), 30)).toEqual(all);
  for (const size of [16, 17, 25, 30]) expect(learnWordPiece(WORDS, size)).toEqual(all.slice(0, size));
});

test("pairs that occur once stay apart", () => {
  expect(learnWordPiece([["ab", 1]], 100)).toEqual([...SPECIAL, "##b", "a"]);
  expect(learnWordPiece([["aaa", 1]], 100)).toEqual([...SPECIAL, "##a", "a"]);
  expect(learnWordPiece([["aaaa", 2]], 100)).toEqual([...SPECIAL, "##a", "a", "##aa", "##aaa", "aaaa"]);
});

test("what was learnt cuts the words that it was learnt from, and each piece is of two before it", () => {
  const tokens = learnWordPiece(WORDS, 24);
  const tokenizer = WordPieceTokenizer.of(new Map(tokens.map((token, id) => [token, id])));
  for (const [word] of WORDS) expect(tokenizer.ids(word)).not.toContain(1);
  expect(tokenizer.ids("lowest").map((id) => tokenizer.token(id))).toEqual([" low", "est"]);
  const plain = (token: string) => token.replace("##", "");
  tokens.slice(16).forEach((token, i) => {
    const before = tokens.slice(5, 16 + i).map(plain);
    const isJoined = before.some((left) => before.some((right) => left + right === plain(token)));
    expect(isJoined, token).toBe(true);
  });
});

test("a size without room for the characters is refused", () => {
  expect(() => learnWordPiece(WORDS, 15)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining("vocabSize is 15;"),
      options: ["vocabSize"],
    }),
  );
  expect(() => learnWordPiece(WORDS, 15)).toThrow("it must be at least 16");
  for (const size of [Number.NaN, 20.5]) {
    expect(() => learnWordPiece(WORDS, size)).toThrow(`vocabSize is ${size}; it must be a whole number`);
  }
});

test("a word that reads as a token that there is makes no second one", () => {
  const tokens = learnWordPiece([["[PAD]", 2]], 100);
  expect(tokens.slice(10)).toEqual(["##AD", "##AD]", "##PAD]"]);
});

test("the alphabet has the 1000 most frequent characters, more in a large vocabulary, and words with others teach nothing", () => {
  const letters = Array.from({ length: 1002 }, (_, i) => String.fromCodePoint(0x4e00 + i));
  const [rare, rarer, ...frequent] = letters as [string, string, ...string[]];
  const words = [
    ...frequent.map((letter) => [letter, 9] as const),
    ...[rare, rarer].map((letter) => [`${letter}${frequent[0]}`, 3] as const),
  ];
  expect(learnWordPiece(words, 2000)).toEqual([...SPECIAL, ...frequent]);
  // Of equally frequent ones the first by code points.
  const equals = letters.map((letter) => [letter, 1] as const);
  expect(learnWordPiece(equals, 2000)).toEqual([...SPECIAL, ...letters.slice(0, 1000)]);
  expect(learnWordPiece(equals, 4007)).toEqual([...SPECIAL, ...letters.slice(0, 1001)]);
});

test("words that are too long for a tokenizer teach nothing", () => {
  expect(learnWordPiece([["ab".repeat(50), 1]], 8)).toEqual([...SPECIAL, "##a", "##b", "a"]);
  expect(learnWordPiece([[`${"ab".repeat(50)}a`, 1]], 8)).toEqual(SPECIAL);
});

test("the pieces are those that counting all pairs anew finds", () => {
  const word = fc.string({
    unit: fc.constantFrom("a", "b", "c", "\uffee", "😀"),
    minLength: 1,
    maxLength: 9,
  });
  const corpus = fc.uniqueArray(fc.tuple(word, fc.integer({ min: 1, max: 4 })), {
    selector: ([text]) => text,
    maxLength: 12,
  });
  fc.assert(
    fc.property(corpus, (words) => {
      const learnt = learnWordPiece(words, 60);
      expect(learnt.slice(5).filter((token) => !isCharacter(token))).toEqual(
        mergedByRecounting(words).slice(0, 60 - SPECIAL.length - learnt.filter(isCharacter).length),
      );
    }),
    { numRuns: 300 },
  );
});

function isCharacter(token: string): boolean {
  return Array.from(token.replace("##", "")).length === 1;
}

/** Merged pieces in the order in which they are learnt. */
function mergedByRecounting(words: readonly (readonly [string, number])[]): string[] {
  // A word is a text of its pieces, each in angle brackets.
  let cut = words.map(([word, count]) => ({ text: `<${Array.from(word).join("><##")}>`, count }));
  const merged = new Set<string>();
  for (;;) {
    const counts = new Map<string, number>();
    for (const { text, count } of cut) {
      for (const [, left, right] of text.matchAll(/(<[^>]+>)(?=(<[^>]+>))/gu)) {
        counts.set(`${left}${right}`, (counts.get(`${left}${right}`) ?? 0) + count);
      }
    }
    const [best] = [...counts].sort(([a, m], [b, n]) => n - m || comparePairs(a, b));
    if (best === undefined || best[1] < 2) return [...merged];
    const piece = best[0].replace("><##", "");
    merged.add(piece.slice(1, -1));
    cut = cut.map(({ text, count }) => ({ text: text.replaceAll(best[0], piece), count }));
  }
}

function comparePairs(a: string, b: string): number {
  const [[left = "", right = ""], [otherLeft = "", otherRight = ""]] = [a, b].map((pair) =>
    pair.slice(1, -1).split("><"),
  ) as [string[], string[]];
  return compareCodePoints(left, otherLeft) || compareCodePoints(right, otherRight);
}
