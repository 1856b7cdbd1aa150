/** What is masked and which sentences are paired, over more than a million tokens. */
import { beforeAll, describe, expect, test } from "vitest";
import { Corpus } from "../src/data/corpus.js";
import { type PretrainingExample, PretrainingExamples } from "../src/data/pretraining-examples.js";
import { Random } from "../src/random.js";
import { Vocabulary } from "../src/text/vocabulary.js";
import { WordTokenizer } from "../src/text/word-tokenizer.js";

const WORDS = 200;
const GROUPS = 300;
const tokenizer = new WordTokenizer(
  Vocabulary.build(
    Array.from({ length: WORDS }, (_, i) => [`w${i}`, 1] as const),
    1,
  ),
);
const { cls, sep, mask } = tokenizer.vocabulary;
const special = new Set([tokenizer.ids("<unk>")[0], tokenizer.vocabulary.pad]);

/** Each group has sentences that begin with its own number, so that it is known where a sentence comes from. */
function corpus(): Corpus {
  const random = new Random(5);
  const [ids, sentences, groups]: [number[], number[], number[]] = [[], [0], [0]];
  const word = (i: number) => tokenizer.vocabulary.id(`w${i}`);
  for (let group = 0; group < GROUPS; group++) {
    for (let s = 0; s < 2 + (group % 5); s++) {
      const length = 4 + random.below(24);
      for (let t = 0; t < length; t++) ids.push(word(random.below(WORDS)));
      sentences.push(ids.length);
    }
    groups.push(sentences.length - 1);
  }
  const [tokenIds, ...offsets] = [ids, sentences, groups].map((list) => Int32Array.from(list));
  return new Corpus({ tokenIds: tokenIds!, sentences: offsets[0]!, groups: offsets[1]! });
}

const text = corpus();
const examples = new PretrainingExamples(text, tokenizer, { maxLength: 64, nextSentence: true });
const drawn: { i: number; example: PretrainingExample }[] = [];

/** Whether a share that was counted is the one that was meant, within three standard errors. */
function expectShare(count: number, of: number, share: number): void {
  const error = Math.sqrt((share * (1 - share)) / of);
  expect(Math.abs(count / of - share)).toBeLessThan(3 * error);
}

beforeAll(() => {
  const random = new Random(1);
  let tokens = 0;
  while (tokens < 1_100_000) {
    for (let i = 0; i < examples.size; i++) {
      const example = examples.draw(i, random);
      tokens += example.packed.ids.length;
      drawn.push({ i, example });
    }
  }
});

describe("the masked language model", () => {
  test("asks for 15 % of each example's tokens, rounded as Python does, and for one at least", () => {
    const halfToEven = (x: number) => (x % 1 === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
    for (const { example } of drawn) {
      const { places, packed } = example;
      expect(places.length).toBe(Math.max(1, halfToEven(0.15 * packed.ids.length)));
    }
    const short = new PretrainingExamples(
      new Corpus({ tokenIds: Int32Array.of(9), sentences: Int32Array.of(0, 1), groups: Int32Array.of(0, 1) }),
      tokenizer,
      { maxLength: 64, nextSentence: true },
    );
    expect(short.draw(0, new Random(0)).places).toEqual(Int32Array.of(1));
  });

  test("never asks for special tokens, and knows what it asks for", () => {
    for (const { example } of drawn.slice(0, 5000)) {
      const { ids, firstLength } = example.packed;
      expect(ids[0]).toBe(cls);
      expect([ids[firstLength - 1], ids.at(-1)]).toEqual([sep, sep]);
      for (const [p, place] of example.places.entries()) {
        expect([0, firstLength - 1, ids.length - 1]).not.toContain(place);
        expect([cls, sep, mask]).not.toContain(example.tokens[p]);
      }
      expect([...example.places]).toEqual([...new Set(example.places)].sort((a, b) => a - b));
    }
  });

  test("shows 80 % as <mask>, 10 % as they are and 10 % as any other", () => {
    let [all, masked, kept] = [0, 0, 0];
    const others = new Map<number, number>();
    for (const { example } of drawn) {
      example.places.forEach((place, p) => {
        const shown = example.packed.ids[place]!;
        all++;
        if (shown === mask) masked++;
        else if (shown === example.tokens[p]) kept++;
        else others.set(shown, (others.get(shown) ?? 0) + 1);
      });
    }
    expectShare(masked, all, 0.8);
    // One of the random ones in so many is the token that was there.
    const tokens = WORDS + special.size;
    expectShare(kept, all, 0.1 + 0.1 / tokens);
    const replaced = [...others.values()].reduce((sum, count) => sum + count, 0);
    expectShare(replaced, all, 0.1 - 0.1 / tokens);
    for (const token of [cls, sep, mask]) expect(others.has(token!)).toBe(false);
    const expected = replaced / tokens;
    const chiSquare = [...others.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    expect(others.size).toBe(tokens);
    expect(Math.abs(chiSquare - (tokens - 1))).toBeLessThan(3 * Math.sqrt(2 * (tokens - 1)));
  });
});

describe("next-sentence prediction", () => {
  test("pairs every sentence with its next one half the time", () => {
    const next = drawn.filter(({ example }) => example.isNext).length;
    expectShare(next, drawn.length, 0.5);
  });

  test("draws others from all groups alike", () => {
    const lengths = Array.from({ length: text.sentenceCount }, (_, s) => text.length(s));
    const bySecond = new Map<string, number>();
    const groupOf = (s: number) => text.groups.findLastIndex((first) => first <= s);
    text.sentences.slice(0, -1).forEach((_, s) => {
      bySecond.set([...text.ids(s)].join(), groupOf(s));
    });
    const counts = new Array<number>(GROUPS).fill(0);
    let known = 0;
    for (const { example } of drawn) {
      if (example.isNext !== false) continue;
      const ids = example.packed.ids.slice();
      example.places.forEach((place, p) => {
        ids[place] = example.tokens[p]!;
      });
      const group = bySecond.get([...ids.subarray(example.packed.firstLength, -1)].join());
      if (group === undefined) continue;
      counts[group]!++;
      known++;
    }
    expect(lengths.length).toBe(text.sentenceCount);
    expect(known).toBeGreaterThan(10_000);
    const expected = known / GROUPS;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(Math.abs(chiSquare - (GROUPS - 1))).toBeLessThan(3 * Math.sqrt(2 * (GROUPS - 1)));
  });
});

test("dynamic masks are others in every epoch, static ones depend on the seed alone", () => {
  const [first, again] = drawn.filter(({ i }) => i === 7).map(({ example }) => example);
  expect(first).not.toEqual(again);
  expect(examples.drawAlike(7, 3)).toEqual(examples.drawAlike(7, 3));
  expect(examples.drawAlike(7, 3)).not.toEqual(examples.drawAlike(7, 4));
  expect(examples.drawAlike(8, 3).packed.ids).not.toEqual(examples.drawAlike(7, 3).packed.ids);
});

test("without next sentences an example is as many sentences of a group as have room", () => {
  const alone = new PretrainingExamples(text, tokenizer, { maxLength: 64, nextSentence: false });
  expect(alone.size).toBeLessThan(text.sentenceCount);
  let tokens = 0;
  for (let i = 0; i < alone.size; i++) {
    const { packed, isNext } = alone.drawAlike(i, 0);
    expect(isNext).toBeUndefined();
    expect(packed.truncated).toBe(false);
    tokens += packed.ids.length - 2;
  }
  expect(tokens).toBe(text.tokenIds.length);
});

test("texts without room, and a vocabulary without <mask>, are refused", () => {
  const make =
    (maxLength: number, nextSentence: boolean, words = tokenizer) =>
    () =>
      new PretrainingExamples(text, words, { maxLength, nextSentence });
  expect(make(4, true)).toThrow("maxLength is 4; it must be a whole number of at least 5");
  expect(make(3, false)).not.toThrow();
  const bare = new WordTokenizer(new Vocabulary(["<unk>", "<pad>", "<cls>", "<sep>", "a"]));
  expect(make(64, true, bare)).toThrow("the vocabulary has no <mask>");
});
