/** What is masked and which sentences are paired, over more than a million tokens. */
import { beforeAll, describe, expect, test } from "vitest";
import { Corpus } from "../src/data/corpus.js";
import { type PretrainingExample, PretrainingExamples } from "../src/data/pretraining-examples.js";
import { Random } from "../src/random.js";
import type { Packed } from "../src/text/pack.js";
import { Vocabulary } from "../src/text/vocabulary.js";
import { WordTokenizer } from "../src/text/word-tokenizer.js";

const WORDS = 200;
const GROUPS = 60;
const tokenizer = new WordTokenizer(
  Vocabulary.build(
    Array.from({ length: WORDS }, (_, i) => [`w${i}`, 1] as const),
    1,
  ),
);
const { cls, sep, mask } = tokenizer.vocabulary;
/** Ids that a token may be replaced by besides words: those of `<unk>` and `<pad>`. */
const OTHERS = 2;
/** Places of the special tokens in a pair. */
const around = ({ ids, firstLength }: Packed) => [0, firstLength - 1, ids.length - 1];

/** Sentences of random words. @param lengths of the sentences of each group */
function corpusOf(lengths: readonly (readonly number[])[], random = new Random(5)): Corpus {
  const [ids, sentences, groups]: [number[], number[], number[]] = [[], [0], [0]];
  for (const group of lengths) {
    for (const length of group) {
      for (let t = 0; t < length; t++) ids.push(tokenizer.vocabulary.id(`w${random.below(WORDS)}`));
      sentences.push(ids.length);
    }
    groups.push(sentences.length - 1);
  }
  const [tokenIds, ...offsets] = [ids, sentences, groups].map((list) => Int32Array.from(list));
  return new Corpus({ tokenIds: tokenIds!, sentences: offsets[0]!, groups: offsets[1]! });
}

/** Of 2 to 6 sentences, so long that no two are alike, and so short that every pair has room. */
const sizes = new Random(6);
const text = corpusOf(
  Array.from({ length: GROUPS }, (_, group) =>
    Array.from({ length: 2 + (group % 5) }, () => 4 + sizes.below(24)),
  ),
);
const examples = new PretrainingExamples(text, tokenizer, { maxLength: 64, nextSentence: true });
const drawn: { i: number; example: PretrainingExample }[] = [];

/** Whether a share that was counted is the one that was meant, within three standard errors. */
function expectShare(count: number, of: number, share: number): void {
  const error = Math.sqrt((share * (1 - share)) / of);
  expect(Math.abs(count / of - share)).toBeLessThan(3 * error);
}

/** Whether counts are those of so many probabilities, within three standard deviations of chi-square. */
function expectDistribution(counts: readonly number[], probabilities: readonly number[]): void {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const chiSquare = counts.reduce((sum, count, i) => {
    const expected = all * probabilities[i]!;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  const freedom = counts.length - 1;
  expect(Math.abs(chiSquare - freedom)).toBeLessThan(3 * Math.sqrt(2 * freedom));
}

/** The ids of an example before some were replaced. */
function original({ packed: { ids }, places, tokens }: PretrainingExample): Int32Array {
  const before = ids.slice();
  for (const [p, place] of places.entries()) before[place] = tokens[p]!;
  return before;
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
  const halfToEven = (x: number) => (x % 1 === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
  const asked = (length: number) => Math.max(1, halfToEven(0.15 * length));

  test("asks for 15 % of each example's tokens, rounded as Python does", () => {
    const wrong = drawn.filter(
      ({ example: { places, packed } }) => places.length !== asked(packed.ids.length),
    );
    expect(wrong).toEqual([]);
    expect(new Set(drawn.map(({ example }) => example.packed.ids.length)).size).toBeGreaterThan(40);
    expect([10, 30, 50].map(asked)).toEqual([2, 4, 8]);
  });

  test("asks for one token at least", () => {
    const lengths = [[1], [2], [1, 1], [1, 2], [2, 2], [3, 3]];
    const short = new PretrainingExamples(corpusOf(lengths), tokenizer, {
      maxLength: 64,
      nextSentence: true,
    });
    const counts = lengths.map((_, i) => short.drawAlike(i, 0).places.length);
    expect(counts).toEqual([1, 1, 1, 1, 1, 1]);
    expect(short.draw(0, new Random(0)).places).toEqual(Int32Array.of(1));
  });

  test("never asks for special tokens, asks for each other place alike, and knows what was there", () => {
    const wrong = drawn.filter(({ i, example }) => {
      const { packed, places, tokens, isNext } = example;
      const inOrder = places.every((place, p) => p === 0 || places[p - 1]! < place);
      const first = text.ids(sentenceOf(i));
      const ids = original(example);
      return (
        !inOrder ||
        tokens.some((token) => token === cls || token === sep || token === mask) ||
        around(packed).some((place, n) => places.includes(place) || ids[place] !== (n === 0 ? cls : sep)) ||
        ids.subarray(1, packed.firstLength - 1).join() !== first.join() ||
        isNext === undefined
      );
    });
    expect(wrong).toEqual([]);
    const length = 24;
    const some = drawn.filter(({ example: { packed } }) => packed.ids.length === length);
    const perPlace = new Array<number>(length).fill(0);
    const possible = new Array<number>(length).fill(0);
    for (const { example } of some) {
      for (const place of example.places) perPlace[place]!++;
      const shut = around(example.packed);
      for (let place = 0; place < length; place++) if (!shut.includes(place)) possible[place]!++;
    }
    const share = asked(length) / (length - 3);
    for (let place = 1; place < length - 1; place++) {
      const error = Math.sqrt((share * (1 - share)) / possible[place]!);
      expect(Math.abs(perPlace[place]! / possible[place]! - share)).toBeLessThan(4 * error); // the worst of 22
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
    const tokens = WORDS + OTHERS;
    expectShare(kept, all, 0.1 + 0.1 / tokens);
    const replaced = [...others.values()].reduce((sum, count) => sum + count, 0);
    expectShare(replaced, all, 0.1 - 0.1 / tokens);
    for (const token of [cls, sep, mask]) expect(others.has(token!)).toBe(false);
    expect(others.size).toBe(tokens);
    expectDistribution([...others.values()], new Array<number>(tokens).fill(1 / tokens));
  });

  test("puts no special token in a place, however few others there are", () => {
    const few = new WordTokenizer(Vocabulary.build([["w0", 1]], 1));
    const [w0, random] = [few.ids("w0")[0]!, new Random(2)];
    const tokenIds = new Int32Array(60).fill(w0);
    const alike = new Corpus({ tokenIds, sentences: Int32Array.of(0, 60), groups: Int32Array.of(0, 1) });
    const one = new PretrainingExamples(alike, few, { maxLength: 62, nextSentence: false });
    const shown = new Array<number>(few.size).fill(0);
    for (let i = 0; i < 5000; i++) {
      const { packed, places } = one.draw(0, random);
      for (const place of places) shown[packed.ids[place]!]!++;
    }
    const { unk, pad, cls, sep, mask } = few.vocabulary;
    expect([shown[cls], shown[sep]]).toEqual([0, 0]);
    const all = shown.reduce((sum, count) => sum + count, 0);
    expectShare(shown[mask!]!, all, 0.8);
    expectShare(shown[w0]!, all, 0.1 + 0.1 / 3);
    for (const token of [unk, pad]) expectShare(shown[token]!, all, 0.1 / 3);
  });

  test("leaves everything else as it was", () => {
    const changed = drawn.filter(({ i, example }) => {
      const second = original(example).subarray(example.packed.firstLength, -1);
      return example.isNext && second.join() !== text.ids(sentenceOf(i) + 1).join();
    });
    expect(changed).toEqual([]);
  });
});

/** The first sentence of each example: all but the last of each group. */
const firsts = Array.from({ length: GROUPS }, (_, g) => {
  const [start, end] = [text.groups[g]!, text.groups[g + 1]!];
  return Array.from({ length: end - start - 1 }, (_, s) => start + s);
}).flat();

function sentenceOf(i: number): number {
  return firsts[i]!;
}

describe("next-sentence prediction", () => {
  test("has an example of every sentence that is followed by one, and of every group of one sentence", () => {
    expect(examples.size).toBe(firsts.length);
    const lone = new PretrainingExamples(corpusOf([[4], [5, 6], [7]]), tokenizer, {
      ...{ maxLength: 64, nextSentence: true },
    });
    const drawnAlike = [0, 1, 2].map((i) => lone.drawAlike(i, 0));
    expect(lone.size).toBe(3);
    expect(drawnAlike.map(({ isNext }) => typeof isNext)).toEqual(["undefined", "boolean", "undefined"]);
    expect([0, 2].map((i) => drawnAlike[i]!.packed.ids.length)).toEqual([6, 9]);
  });

  test("pairs every sentence with its next one half the time", () => {
    const next = drawn.filter(({ example }) => example.isNext).length;
    expectShare(next, drawn.length, 0.5);
  });

  test("draws others from all groups alike, and from a group each sentence alike", () => {
    const sentences = new Map(
      Array.from({ length: text.sentenceCount }, (_, s) => [text.ids(s).join(), s] as const),
    );
    expect(sentences.size).toBe(text.sentenceCount);
    const perSentence = new Array<number>(text.sentenceCount).fill(0);
    for (const { example } of drawn) {
      if (example.isNext !== false) continue;
      const second = original(example).subarray(example.packed.firstLength, -1);
      perSentence[sentences.get(second.join())!]!++;
    }
    const groupSizes = Array.from({ length: GROUPS }, (_, g) => text.groups[g + 1]! - text.groups[g]!);
    const perGroup = groupSizes.map((size, g) =>
      perSentence.slice(text.groups[g]!, text.groups[g]! + size).reduce((sum, count) => sum + count, 0),
    );
    expectDistribution(perGroup, new Array<number>(GROUPS).fill(1 / GROUPS));
    expectDistribution(
      perSentence,
      groupSizes.flatMap((size) => new Array<number>(size).fill(1 / GROUPS / size)),
    );
  });
});

test("dynamic masks are others in every epoch, static ones depend on the seed and the example alone", () => {
  const [first, again] = drawn.filter(({ i }) => i === 7).map(({ example }) => example);
  expect(first).not.toEqual(again);
  expect(examples.drawAlike(7, 3)).toEqual(examples.drawAlike(7, 3));
  expect(examples.drawAlike(7, 3)).not.toEqual(examples.drawAlike(7, 4));
  const alike = new PretrainingExamples(corpusOf(new Array(50).fill([60])), tokenizer, {
    ...{ maxLength: 64, nextSentence: true },
  });
  const places = Array.from({ length: alike.size }, (_, i) => alike.drawAlike(i, 3).places.join());
  expect(new Set(places).size).toBe(alike.size);
});

test("without next sentences an example is as many sentences of a group as have room", () => {
  const maxLength = 64;
  const alone = new PretrainingExamples(text, tokenizer, { maxLength, nextSentence: false });
  const expected: string[] = [];
  for (let g = 0; g < GROUPS; g++) {
    let ids: number[] = [];
    for (let s = text.groups[g]!; s < text.groups[g + 1]!; s++) {
      const sentence = [...text.ids(s)];
      if (ids.length > 0 && ids.length + sentence.length > maxLength - 2) {
        expected.push(ids.join());
        ids = [];
      }
      ids.push(...sentence);
    }
    expected.push(ids.join());
  }
  const found = Array.from({ length: alone.size }, (_, i) => alone.drawAlike(i, 0));
  expect(found.map((example) => original(example).subarray(1, -1).join())).toEqual(expected);
  expect(found.filter(({ isNext, packed }) => isNext !== undefined || packed.truncated)).toEqual([]);
  const full = new PretrainingExamples(corpusOf([[30, 32, 30, 33]]), tokenizer, {
    ...{ maxLength, nextSentence: false },
  });
  const lengths = Array.from({ length: full.size }, (_, i) => full.drawAlike(i, 0).packed.ids.length);
  expect(lengths).toEqual([64, 32, 35]);
});

test("a <mask> that the text itself holds is neither guessed nor asked about", () => {
  const tokenIds = Int32Array.of(mask!, mask!, tokenizer.ids("w1")[0]!, mask!);
  const masked = new Corpus({ tokenIds, sentences: Int32Array.of(0, 4), groups: Int32Array.of(0, 1) });
  const only = new PretrainingExamples(masked, tokenizer, { maxLength: 64, nextSentence: true });
  for (let seed = 0; seed < 20; seed++) expect(only.drawAlike(0, seed).places).toEqual(Int32Array.of(3));
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
