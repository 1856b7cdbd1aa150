import { expect, test } from "vitest";
import { Vocabulary } from "../text/vocabulary.js";
import { WordTokenizer } from "../text/word-tokenizer.js";
import { Corpus } from "./corpus.js";

const PARAGRAPHS = [["a dog runs", "It barks!"], [" "], ["a cat", "", "a dog"]];

test("sentences are encoded one after another; those without a token, and groups of none, are left out", async () => {
  const tokenizer = new WordTokenizer(
    Vocabulary.build(
      ["a", "dog", "cat"].map((word) => [word, 1] as const),
      1,
    ),
  );
  const corpus = await Corpus.encode(PARAGRAPHS, tokenizer);
  expect([...corpus.sentences]).toEqual([0, 3, 5, 7, 9]);
  expect([...corpus.groups]).toEqual([0, 2, 4]);
  expect(corpus.length(1)).toBe(2);
  const words = (ids: Int32Array) => [...ids].map((id) => tokenizer.vocabulary.token(id));
  expect(words(corpus.ids(0))).toEqual(["a", "dog", "<unk>"]);
  expect(words(corpus.ids(2, 4))).toEqual(["a", "cat", "a", "dog"]);
});

test("a vocabulary of words is built in the same pass", async () => {
  const { corpus, tokenizer } = await Corpus.encodeWithNewVocabulary(PARAGRAPHS, { minFrequency: 2 });
  expect(tokenizer.vocabulary.toJSON()).toEqual(["<cls>", "<mask>", "<pad>", "<sep>", "<unk>", "a", "dog"]);
  expect(tokenizer.words).toBe("punctuation");
  expect([...corpus.tokenIds]).toEqual(
    [..."a dog runs it barks ! a cat a dog".split(" ")].map((word) => tokenizer.ids(word)[0]),
  );
});

test("a vocabulary of pieces is, too: the ids are those of the tokenizer that comes with it", async () => {
  const paragraphs = [
    ["Lower, lowest!", "the newer"],
    ["low low", "new newest"],
  ];
  const { corpus, tokenizer } = await Corpus.encodeWithWordPieces(paragraphs, 40);
  const ids = paragraphs.flat().map((sentence) => tokenizer.ids(sentence));
  expect([0, 1, 2, 3].map((s) => [...corpus.ids(s)])).toEqual(ids);
  expect([...corpus.groups]).toEqual([0, 2, 4]);
  expect([...corpus.tokenIds]).not.toContain(tokenizer.unknown);
  expect(Object.keys(tokenizer.files())).toEqual(["tokenizer.json"]);
});

test("words that are not in the vocabulary are unknown, and count as tokens", async () => {
  const known = new WordTokenizer(Vocabulary.build([["dog", 1]], 1));
  const corpus = await Corpus.encode([["A DOG runs"], ["mew"]], known);
  const { unknown } = known;
  expect([...corpus.tokenIds]).toEqual([unknown, known.ids("dog")[0], unknown, unknown]);
  expect([corpus.sentenceCount, corpus.groupCount]).toEqual([2, 2]);
});

test("groups may come one after another, as a file is read", async () => {
  async function* groups() {
    yield* PARAGRAPHS;
  }
  const options = { minFrequency: 1 };
  const { corpus, tokenizer } = await Corpus.encodeWithNewVocabulary(groups(), options);
  const whole = await Corpus.encodeWithNewVocabulary(PARAGRAPHS, options);
  expect(corpus).toEqual(whole.corpus);
  expect(tokenizer.files()).toEqual(whole.tokenizer.files());
});

test("text without words is refused", async () => {
  const nothing = new WordTokenizer(Vocabulary.build([["dog", 1]], 1));
  for (const groups of [[], [[]], [["", " "]]]) {
    await expect(Corpus.encode(groups, nothing)).rejects.toThrow("the text has no words to pretrain on");
    await expect(Corpus.encodeWithWordPieces(groups, 40)).rejects.toThrow("the text has no words");
  }
  await expect(Corpus.encodeWithNewVocabulary([["  "], []])).rejects.toThrow(
    "the text has no words to pretrain on",
  );
});

test("more text than there is room for is refused", async () => {
  const room = { mostTokens: 3 };
  await expect(Corpus.encodeWithNewVocabulary(PARAGRAPHS, room)).rejects.toThrow(
    "the text has more than 3 tokens",
  );
  const { corpus } = await Corpus.encodeWithNewVocabulary(PARAGRAPHS, { mostTokens: 10, minFrequency: 1 });
  expect(corpus.tokenIds.length).toBe(10);
});
