import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyPairs } from "../../test/support/tiny.js";
import { loadModel } from "../hub/store/model-folder.js";
import { Predictor } from "../predict/predictor.js";
import { type Trained, train } from "./train.js";
import type { TrainOptions } from "./train-options.js";

const folder = mkdtempSync(join(tmpdir(), "tunebert-train-"));
afterAll(() => rmSync(folder, { recursive: true }));

const pairs = tinyPairs();
const [question] = pairs;
const file = join(folder, "train.csv");
const rows = pairs.map(({ text, textPair, label }) => `${text},${textPair},${label}\n`);
writeFileSync(file, `premise,hypothesis,label\n${rows.join("")}`);

/** A model so small, trained so fast that a later epoch can be worse. */
const tiny = {
  recipe: "book" as const,
  hidden: 16,
  ffn: 16,
  heads: 2,
  blocks: 1,
  minFrequency: 1,
  threads: 1,
  maxLength: 16,
};
const quick = { ...tiny, batchSize: 12, learningRate: 0.02, epochs: 6 };

describe("a file", () => {
  let trained: Trained;
  const out = join(folder, "model");
  const lines: string[] = [];
  const measured: unknown[] = [];
  beforeAll(async () => {
    const listeners = [{ handle() {}, measuring: (progress: unknown) => void measured.push(progress) }];
    const told = { log: (line: string) => void lines.push(line), listeners };
    trained = await train({ ...quick, train: file, validation: file, out, ...told });
  });
  afterAll(() => trained.model.close());

  test("is trained on, and the model that is kept answers", async () => {
    const answer = await trained.model.predict(question!);
    await using saved = new Predictor({ ...(await loadModel(out)), maxLength: 16 });
    expect(answer).toEqual((await saved.predict([question!]))[0]);
    expect(answer.probabilities.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1);
  });

  test("is measured after each epoch, which is told", () => {
    const progress = { set: "validation", done: 0, all: pairs.length };
    expect(measured).toEqual(Array.from({ length: quick.epochs }, (_, i) => ({ epoch: i + 1, ...progress })));
  });

  test("gives the figures of the epoch that is kept", () => {
    expect(trained.epoch).toBeLessThanOrEqual(quick.epochs);
    expect(trained.figures.validation?.accuracy).toBeGreaterThan(0.5);
    expect(trained.figures.test).toBeUndefined();
  });

  test("is told of as it is read", () => {
    expect(lines).toEqual([
      `read ${pairs.length} train examples`,
      `read ${pairs.length} validation examples`,
      expect.stringMatching(/^vocabulary of \d+ tokens, \d+ labels: /),
      "recipe: the book's: 6 epochs, batches of 12, learning rate 0.02",
    ]);
  });

  test("is not written over", async () => {
    await expect(train({ ...quick, train: file, out })).rejects.toThrow(
      /holds a trained model already; .*pass overwrite/,
    );
  });
});

test("the same examples from memory give the same model as from a file", async () => {
  const options = { ...quick, epochs: 1, checkpoints: false, test: pairs };
  const read = await train({ ...options, train: file, out: join(folder, "read") });
  const given = await train({ ...options, train: pairs, out: join(folder, "given") });
  expect(await given.model.predict(pairs)).toEqual(await read.model.predict(pairs));
  expect(given.figures).toEqual(read.figures);
});

test("what it was trained from goes on as a pretrained model", async () => {
  const pretrained = join(folder, "model");
  const options = {
    recipe: "book" as const,
    pretrained,
    train: pairs,
    maxLength: 16,
    threads: 1,
    checkpoints: false,
  };
  const { figures } = await train({ ...options, epochs: 1, batchSize: 12, out: join(folder, "tuned") });
  expect(figures.train.accuracy).toBeGreaterThan(0.5);
});

test("a part of the training examples is measured on where that is asked for", async () => {
  const lines: string[] = [];
  const options = { ...quick, epochs: 1, checkpoints: false, train: file, testShare: 0.3, seed: 3 };
  await train({ ...options, out: join(folder, "shared"), log: (line) => lines.push(line) });
  const counts = lines.flatMap((line) => /read (\d+) (?:train|test)/.exec(line)?.[1] ?? []).map(Number);
  expect(counts).toHaveLength(2);
  expect(counts.reduce((a, b) => a + b)).toBe(pairs.length);
  expect(counts.every((count) => count % 3 === 0)).toBe(true); // there are three pairs with each first text
  await expect(train({ ...options, testShare: 1e-9, out: join(folder, "none") })).rejects.toThrow(
    "testShare 1e-9 draws none of the training examples",
  );
});

test("words are those of the training file, and kept with the model", async () => {
  const marked = pairs.map((pair) => ({ ...pair, text: `${pair.text}.` }));
  const options = { ...quick, epochs: 1, checkpoints: false, train: marked };
  const vocabularyOf = async (out: string) => (await loadModel(join(folder, out))).tokenizer;
  await train({ ...options, out: join(folder, "apart") });
  const apart = await vocabularyOf("apart");
  expect(apart.ids("waits.")).toEqual([...apart.ids("waits"), ...apart.ids(".")]);
  await train({ ...options, words: "book", out: join(folder, "apart"), overwrite: true });
  const book = await vocabularyOf("apart");
  expect(book.ids("waits.")).not.toContain(book.unknown);
  expect(book.ids(".")).toEqual([book.unknown]);
});

test("numbers are learnt where that is asked for, and answered", async () => {
  const examples = pairs.map(({ text, textPair }, i) => ({ text, textPair, label: `${i % 3}` }));
  const options = { ...quick, epochs: 1, checkpoints: false, train: examples, test: examples };
  const { model, figures } = await train({ ...options, task: "regression", out: join(folder, "numbers") });
  const { number } = await model.predict(question!);
  expect(number).toBeTypeOf("number");
  expect(figures.test).toMatchObject({ pearson: expect.any(Number), loss: expect.any(Number) });
  await expect(loadModel(join(folder, "numbers"))).rejects.toThrow('load it with task "regression"');
  const saved = await loadModel(join(folder, "numbers"), { task: "regression" });
  expect(await new Predictor(saved).predict(question!)).toEqual({ number });
});

describe("options that do not go together", () => {
  const out = join(folder, "none");

  test.each<[string, object, RegExp]>([
    ["patience", { patience: 2 }, /^patience needs examples to measure on; give them with validation$/],
    [
      "examples for a teacher",
      { unlabelled: "more.csv" },
      /^unlabelled is of no use without a teacher; give one with teacher$/,
    ],
    ["a temperature", { temperature: 3 }, /^temperature is of no use without a teacher/],
    [
      "key",
      { key: "model" },
      /^key says which tensors of a pretrained model are meant; give one with pretrained$/,
    ],
    [
      "sizes",
      { pretrained: "bert", hidden: 8 },
      /^hidden is for a model from scratch; leave it out with pretrained$/,
    ],
  ])("%s", async (_, options, message) => {
    await expect(train({ train: pairs, out, ...options } as TrainOptions)).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
  });

  test("do not compile", () => {
    const base = { train: file, out };
    const accepted: TrainOptions[] = [
      { ...base, pretrained: "bert.small", key: "model" },
      { ...base, hidden: 8, minFrequency: 1 },
      { ...base, validation: file, patience: 2, metric: "loss" },
    ];
    const refused: TrainOptions[] = [
      // @ts-expect-error sizes come with the weights
      { ...base, pretrained: "bert.small", hidden: 8 },
      // @ts-expect-error there are no weights with tensors to choose from
      { ...base, key: "model" },
      // @ts-expect-error nothing to measure on
      { ...base, patience: 2 },
      // @ts-expect-error there is no such option
      { ...base, epoch: 2 },
      // @ts-expect-error nowhere to write
      { train: file },
    ];
    expect([...accepted, ...refused]).toHaveLength(8);
  });
});
