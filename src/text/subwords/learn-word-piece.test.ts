import { expect, test } from "vitest";
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
  expect(() => learnWordPiece(WORDS, 15)).toThrow("it must be at least 16");
});
