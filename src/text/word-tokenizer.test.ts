import { expect, test } from "vitest";
import { Vocabulary } from "./vocabulary.js";
import { WordTokenizer } from "./word-tokenizer.js";

const vocabulary = new Vocabulary(["<pad>", "<cls>", "<sep>", "<unk>", "a", "dog", "runs"]);
const tokenizer = new WordTokenizer(vocabulary);

test("ids are those of lower-case words, unknown ones <unk>", () => {
  expect(tokenizer.ids(" A Dog\u00a0sits ")).toEqual([4, 5, 3]);
  expect(tokenizer.ids("")).toEqual([]);
  expect(tokenizer.size).toBe(7);
});

test("pack truncates a pair as it is told", () => {
  const pack = (how: "longest-first" | "ratio") => [
    ...tokenizer.pack([4, 5, 6, 4, 5, 6], [4, 5], 7, how).ids,
  ];
  expect(pack("longest-first")).toEqual([1, 4, 5, 2, 4, 5, 2]);
  expect(pack("ratio")).toEqual([1, 4, 5, 6, 2, 4, 2]);
  expect([...tokenizer.pack([4, 5, 6], undefined, 4, "ratio").ids]).toEqual([1, 4, 5, 2]);
});

test("files hold the vocabulary, from which parse makes the tokenizer again", () => {
  const files = tokenizer.files();
  expect(files).toEqual({ "vocab.json": '["<pad>","<cls>","<sep>","<unk>","a","dog","runs"]' });
  const again = WordTokenizer.parse(files["vocab.json"]!, "vocab.json");
  expect(again.vocabulary.toJSON()).toEqual(vocabulary.toJSON());
});
