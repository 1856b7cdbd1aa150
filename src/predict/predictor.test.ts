import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BertClassifier } from "../bert/bert-classifier.js";
import { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { Random } from "../random.js";
import { threads } from "../runtime/threads/threads.js";
import { Vocabulary } from "../text/vocabulary.js";
import { WordTokenizer } from "../text/word-tokenizer.js";
import { Predictor } from "./predictor.js";

const config = { hidden: 16, ffn: 16, heads: 2, blocks: 1, maxPositions: 16 };
const vocabulary = Vocabulary.build(
  ["a", "dog", "runs", "walks"].map((word) => [word, 1] as const),
  1,
);
const model = () =>
  BertClassifier.fromScratch({ ...config, vocabularySize: vocabulary.size }, ["yes", "no"], new Random(1));
const start = (ofModel = model()) =>
  Predictor.start({
    model: ofModel,
    tokenizer: new WordTokenizer(vocabulary),
    maxLength: 16,
    device: threads(2),
  });
const pairs = (count: number) =>
  Array.from({ length: count }, () => ({ text: "a dog runs", textPair: "a dog walks" }));

test("a dataset's logits come with progress, and are given up when asked to", async () => {
  const predictor = await start();
  try {
    const tokenizer = new WordTokenizer(vocabulary);
    const dataset = await TextDataset.encode(pairs(5000), tokenizer, { maxLength: 16, unlabelled: "keep" });
    const told: number[] = [];
    const logits = await predictor.logits(dataset, {
      onProgress: (done, all) => {
        expect(all).toBe(5000);
        told.push(done);
      },
    });
    expect(logits).toHaveLength(10_000);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told[0]).toBe(0);
    expect(told.length).toBeGreaterThan(1);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(predictor.logits(dataset, { signal })).rejects.toThrow("enough");
  } finally {
    await predictor.close();
  }
});

describe("a predictor that is closed", () => {
  test.each([
    ["at once", () => {}],
    ["when its threads are at work", setImmediate],
  ])("%s, rejects what it has not answered yet, and all that is asked later", async (_, pause) => {
    const predictor = await start();
    const answers = [predictor.predict(pairs(6000)), predictor.predict(pairs(6000))];
    for (const answer of answers) answer.catch(() => {});
    await pause();
    const closed = predictor.close();
    for (const answer of [...answers, predictor.predict(pairs(1)), predictor.predict([])]) {
      await expect(answer).rejects.toThrow(
        new TunebertError("the predictor has been closed; start another with Predictor.start"),
      );
    }
    await closed;
    await expect(predictor.predict(pairs(1))).rejects.toThrow(/has been closed/);
    await predictor.close();
  });

  test("after it has answered, leaves the answer be", async () => {
    const predictor = await start();
    const answers = await predictor.predict(pairs(2));
    await predictor.close();
    expect(answers).toHaveLength(2);
    expect(answers[0]).toEqual(answers[1]);
  });

  test("by the symbol that `await using` calls", async () => {
    const predictor = await start();
    await predictor[Symbol.asyncDispose]();
    await expect(predictor.predict(pairs(1))).rejects.toThrow(/has been closed/);
  });
});

describe("a caller without types", () => {
  let predictor: Predictor;
  beforeAll(async () => {
    predictor = await start();
  });
  afterAll(() => predictor.close());

  test.each([
    ["text is undefined", { textPair: "a dog runs" }],
    ["textPair is null", { text: "a dog runs", textPair: null }],
    ["text is 3", { text: 3, textPair: "a dog runs" }],
    ["text is undefined", undefined],
    ["text is null", { text: null, textPair: null, fileName: undefined }],
  ])("is told which example lacks a text: %s", async (what, pair) => {
    await expect(predictor.predict([...pairs(1), pair as never])).rejects.toThrow(
      new TunebertError(`example 2: ${what}; it must be a string`),
    );
  });
});

test("a model answers as many texts as it was trained on, and no others", async () => {
  const pair = { text: "a dog runs", textPair: "a dog walks" };
  const single = { text: "a dog runs" };
  const ofPairs = await start();
  await expect(ofPairs.predict([pair, single])).rejects.toThrow(
    "example 2: one text, but the model is one of pairs; give the second as textPair",
  );
  await expect(ofPairs.predict([{ ...single, fileName: "x.csv", row: 2 }])).rejects.toThrow(
    "x.csv, row 2: one text, but the model is one of pairs; name the column of the second as textPairColumn",
  );
  await ofPairs.close();
  const options = { model: model(), tokenizer: new WordTokenizer(vocabulary), maxLength: 16, threads: 1 };
  const ofSingles = await Predictor.start({ ...options, texts: 1 });
  await expect(ofSingles.predict([pair])).rejects.toThrow(
    "example 1: two texts, but the model is one of single texts; give one text",
  );
  expect(await ofSingles.predict([single, single])).toHaveLength(2);
  await ofSingles.close();
});

test("an answer that is not a number is an error that names the example", async () => {
  const damaged = model();
  const { data } = damaged.parameters.get("encoder.token_embedding.weight")!;
  const row = vocabulary.id("walks") * config.hidden;
  data.fill(Number.NaN, row, row + 1);
  const predictor = await start(damaged);
  const odd = { text: "a dog runs", textPair: "a dog runs" };
  await expect(predictor.predict([odd, odd])).resolves.toHaveLength(2);
  await expect(predictor.predict([odd, ...pairs(1)])).rejects.toThrow(
    new TunebertError("example 2: the model answers NaN, not a number; its weights are too large or damaged"),
  );
  await predictor.close();
});
