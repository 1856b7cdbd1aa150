import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BertClassifier } from "../bert/bert-classifier.js";
import { TunebertError } from "../error.js";
import { Random } from "../random.js";
import { threads } from "../runtime/threads/threads.js";
import { Vocabulary } from "../text/vocabulary.js";
import { Predictor } from "./predictor.js";

const config = { hidden: 16, ffn: 16, heads: 2, blocks: 1, maxPositions: 16 };
const vocabulary = Vocabulary.build(
  ["a", "dog", "runs", "walks"].map((word) => [word, 1] as const),
  1,
);
const model = () =>
  BertClassifier.fromScratch({ ...config, vocabularySize: vocabulary.size }, ["yes", "no"], new Random(1));
const start = (ofModel = model()) =>
  Predictor.start({ model: ofModel, vocabulary, maxLength: 16, device: threads(2) });
const pairs = (count: number) =>
  Array.from({ length: count }, () => ({ premise: "a dog runs", hypothesis: "a dog walks" }));

describe("a predictor that is closed", () => {
  test.each([
    ["at once", () => {}],
    ["when its threads are at work", setImmediate],
  ])("%s, rejects what it has not answered yet, and all that is asked later", async (_, pause) => {
    const predictor = await start();
    const answers = [predictor.predict(pairs(6000)), predictor.predict(pairs(1))];
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
    ["the hypothesis is undefined", { premise: "a dog runs" }],
    ["the premise is undefined", { hypothesis: "a dog runs" }],
    ["the hypothesis is null", { premise: "a dog runs", hypothesis: null }],
    ["the premise is 3", { premise: 3, hypothesis: "a dog runs" }],
    ["the premise is undefined", undefined],
    ["the premise is null", { premise: null, hypothesis: null, fileName: undefined }],
  ])("is told which pair lacks a text: %s", async (what, pair) => {
    await expect(predictor.predict([...pairs(1), pair as never])).rejects.toThrow(
      new TunebertError(`pair 2: ${what}; both texts of a pair have to be strings`),
    );
  });
});

test("an answer that is not a number is an error that names the pair", async () => {
  const damaged = model();
  const { data } = damaged.parameters.get("encoder.token_embedding.weight")!;
  const row = vocabulary.id("walks") * config.hidden;
  data.fill(Number.NaN, row, row + 1);
  const predictor = await start(damaged);
  const odd = { premise: "a dog runs", hypothesis: "a dog runs" };
  await expect(predictor.predict([odd, odd])).resolves.toHaveLength(2);
  await expect(predictor.predict([odd, ...pairs(1)])).rejects.toThrow(
    new TunebertError("pair 2: the model answers NaN, not a number; its weights are too large or damaged"),
  );
  await predictor.close();
});
