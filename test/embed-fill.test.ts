import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BertForPretraining } from "../src/bert/bert-for-pretraining.js";
import { preparePretrainingFolder, savePretrained } from "../src/hub/store/pretraining-folder.js";
import { Embedder } from "../src/predict/embedder.js";
import { MaskFiller } from "../src/predict/mask-filler.js";
import { Random } from "../src/random.js";
import { threads } from "../src/runtime/threads/threads.js";
import { Vocabulary } from "../src/text/vocabulary.js";
import { WordTokenizer } from "../src/text/word-tokenizer.js";
import { fail, succeed, temporaryFolder, tunebert } from "./support/command.js";

const folder = temporaryFolder();
const model = join(folder, "model");
const words = "a crane is flying driver came he just left . man on bench".split(" ");
const tokenizer = new WordTokenizer(
  Vocabulary.build(
    words.map((word) => [word, 1] as const),
    1,
  ),
  "punctuation",
);
const sizes = { vocabularySize: tokenizer.size, hidden: 128, ffn: 32, heads: 2, blocks: 2, maxPositions: 16 };
const bert = BertForPretraining.fromScratch(sizes, { tiedDecoder: true, nextSentence: true }, new Random(3));
let embedder: Embedder;
let filler: MaskFiller;

beforeAll(async () => {
  const saved = { model: bert, tokenizer, maxLength: 16 };
  await preparePretrainingFolder(model, saved, { overwrite: false, resume: false });
  await savePretrained(model, saved);
  embedder = await Embedder.load(model, { device: threads(1) });
  filler = await MaskFiller.load(model);
});

afterAll(async () => {
  await embedder.close();
  await filler.close();
});

test("a text has a vector for each of its tokens, and a word another beside other words", async () => {
  const [alone, pair] = await embedder.embed([
    { text: "a crane is flying" },
    { text: "a crane driver came", textPair: "he just left" },
  ]);
  expect(alone!.tokens).toEqual(["<cls>", "a", "crane", "is", "flying", "<sep>"]);
  expect(pair!.vectors.map(({ length }) => length)).toEqual(Array(10).fill(128));
  expect(alone!.vectors[2]).not.toEqual(pair!.vectors[2]);
  expect(alone!.first).toEqual(alone!.vectors[0]);
  const mean = alone!.vectors.reduce((sum, vector) => sum + vector[7]! / 6, 0);
  expect(alone!.mean[7]).toBeCloseTo(mean, 5);
});

test("what stands in a batch beside a text changes nothing of its vectors", async () => {
  const texts = ["a crane is flying", "he just left .", "a man on a bench came . he left ."];
  const together = await embedder.embed(texts.map((text) => ({ text })));
  for (const [i, text] of texts.entries()) {
    const [alone] = await embedder.embed([{ text }]);
    alone!.vectors.forEach((vector, t) => {
      expect([...together[i]!.vectors[t]!]).toBeCloseToTensor([...vector], { absolute: 1e-5 });
    });
  }
});

test("each place is filled, with probabilities of the whole vocabulary", async () => {
  const [first, second] = await filler.fill("a man is <mask> on [MASK] .", { top: tokenizer.size });
  for (const candidates of [first!, second!]) {
    expect(candidates).toHaveLength(tokenizer.size);
    expect(candidates.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    const probabilities = candidates.map(({ probability }) => probability);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
  }
  expect(first).not.toEqual(second);
  expect(await filler.fill("a man is <mask> .", { top: 3 })).toHaveLength(1);
});

test("a text without a place, or longer than the model, is refused", async () => {
  await expect(filler.fill("a man is flying")).rejects.toThrow("the text has no <mask> to fill");
  await expect(filler.fill(`<mask> ${"a ".repeat(20)}`)).rejects.toThrow("longer than the 16 positions");
});

test("the commands print what the API gives", async () => {
  const { stdout } = await succeed(["fill", "--model", model, "a man is <mask> .", "--top", "2", "--json"]);
  const { places } = JSON.parse(stdout);
  expect(places).toEqual(await filler.fill("a man is <mask> .", { top: 2 }));
  const lines = join(folder, "lines.tsv");
  writeFileSync(lines, "a crane is flying\the left\na man\ta bench\n");
  const [first, second, ...rest] = (await succeed(["embed", "--model", model, "--data", lines])).stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(rest).toEqual([]);
  expect(second).toMatchObject({ text: "a man", textPair: "a bench" });
  const [embedding] = await embedder.embed([{ text: "a crane is flying", textPair: "he left" }]);
  expect(first.vector).toBeCloseToTensor([...embedding!.mean], { absolute: 1e-6 });
});

test("without a model the pretrained one that comes with the package is asked", async () => {
  const mask = "a man is <mask> on a bench";
  const named = await succeed(["fill", mask, "--model", "bert.mini"]);
  expect(await succeed(["fill", mask])).toEqual(named);
  expect(named.stdout).toMatch(/^0\.\d{4} {2}sitting\n/);
  const { vector } = JSON.parse((await succeed(["embed", "a man sleeps"])).stdout);
  expect(vector).toHaveLength(128);
});

test("a packed file is read, lines of one text and of two beside each other; more texts are refused", async () => {
  const packed = join(folder, "lines.tsv.gz");
  writeFileSync(packed, gzipSync("a man\n\na crane\the left\n"));
  const { stdout } = await succeed(["embed", "--model", model, "--data", packed, "--vector", "tokens"]);
  const lengths = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).tokens.length);
  expect(lengths).toEqual([4, 7]);
  writeFileSync(packed, "a\tb\tc\n");
  expect(await fail(["embed", "--model", model, "--data", packed])).toContain(
    "a line has more than two texts",
  );
  await expect(embedder.embed([{} as never])).rejects.toThrow("text is undefined; it must be a string");
});

test("a model without a head that guesses words says so, and a question without text is wrong usage", async () => {
  const bare = join(folder, "bare");
  mkdirSync(bare);
  const config = JSON.parse(readFileSync(join(model, "config.json"), "utf8"));
  expect(config).toMatchObject({ format: "tunebert", task: "pretraining", tiedDecoder: true, heads: 2 });
  await expect(fail(["predict", "--model", model, "a", "b"])).resolves.toMatch(
    /describes a pretrained model.*--?/,
  );
  const { code, stderr } = await tunebert(["embed", "--model", model]);
  expect(code).toBe(2);
  expect(stderr).toContain("give a text, or a file of texts with --data");
});
