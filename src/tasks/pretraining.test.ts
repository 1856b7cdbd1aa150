import { describe, expect, test } from "vitest";
import { BertForPretraining } from "../bert/bert-for-pretraining.js";
import { LOSS } from "../bert/model-program.js";
import { BEST_LIKELIHOOD, NEXT_SENTENCE, TOKEN_LIKELIHOOD } from "../bert/pretraining-program.js";
import { Corpus } from "../data/corpus.js";
import { PretrainingExamples } from "../data/pretraining-examples.js";
import { Random } from "../random.js";
import type { Engine, RunOutputs } from "../runtime/engine.js";
import type { Run } from "../runtime/program.js";
import { threads } from "../runtime/threads/threads.js";
import { Vocabulary } from "../text/vocabulary.js";
import { WordTokenizer } from "../text/word-tokenizer.js";
import { TrainingState } from "../train/training-state.js";
import { pretraining } from "./pretraining.js";

const words = Array.from({ length: 30 }, (_, i) => `w${i}`);
const tokenizer = new WordTokenizer(
  Vocabulary.build(
    words.map((word) => [word, 1] as const),
    1,
  ),
);
const { shape } = threads(2);
const MAX_LENGTH = 32;

/** @param lengths of the sentences of each group */
function examplesOf(lengths: readonly (readonly number[])[], nextSentence = true): PretrainingExamples {
  const ids = words.map((word) => tokenizer.ids(word)[0]!);
  const all = lengths.flat();
  let at = 0;
  const starts = [0, ...all.map((length) => (at += length))];
  let s = 0;
  const groups = [0, ...lengths.map((group) => (s += group.length))];
  const corpus = new Corpus({
    tokenIds: Int32Array.from({ length: at }, (_, i) => ids[(7 * i) % ids.length]!),
    sentences: Int32Array.from(starts),
    groups: Int32Array.from(groups),
  });
  return new PretrainingExamples(corpus, tokenizer, { maxLength: MAX_LENGTH, nextSentence });
}

function modelOf(nextSentence = true, sizes = {}): BertForPretraining {
  const config = { vocabularySize: tokenizer.size, hidden: 4, ffn: 4, heads: 1, blocks: 1, ...sizes };
  const heads = { tiedDecoder: false, nextSentence };
  return BertForPretraining.fromScratch({ maxPositions: MAX_LENGTH, ...config }, heads, new Random(0));
}

const feedsOf = (runs: readonly (readonly Run[])[], name: string) =>
  runs.flat().flatMap(({ feeds }) =>
    Object.keys(feeds)
      .filter((key) => key.startsWith(`${name}.`))
      .map((key) => feeds[key]!.data as Float32Array | Int32Array),
  );

describe("a batch", () => {
  const train = examplesOf([
    [4, 20, 3],
    [6, 5],
    [9, 12],
    [3, 4, 18],
  ]);
  const all = Int32Array.from({ length: train.size }, (_, i) => i);
  const maskedOf = (options: Parameters<typeof pretraining>[2], random: Random) =>
    pretraining(modelOf(), train, options)
      .batch(all, { batchSize: all.length, accumulate: 1, shape, random })
      .runs.map((lane) => lane.map(({ feeds }) => feeds));

  test("is masked anew every time, or once for a seed", () => {
    const dynamic = (random: number) => maskedOf({ seed: 3 }, new Random(random));
    expect(dynamic(1)).toEqual(dynamic(1));
    expect(dynamic(1)).not.toEqual(dynamic(2));
    const fixed = (seed: number, random: number) => maskedOf({ masking: "static", seed }, new Random(random));
    expect(fixed(3, 1)).toEqual(fixed(3, 2));
    expect(fixed(3, 1)).not.toEqual(fixed(4, 1));
  });

  test("counts every batch of a step alike, however many tokens and pairs it has", () => {
    const uneven = examplesOf([[28], [3], [2, 3, 3, 20], [20, 9]]);
    const places = Int32Array.of(0, 1, 2, 3, 4, 5);
    const task = pretraining(modelOf(), uneven, { masking: "static", seed: 1 });
    const { runs } = task.batch(places, { batchSize: 2, accumulate: 3, shape, random: new Random(0) });
    const drawn = [...places].map((place) => uneven.drawAlike(place, 1));
    const tokens = [0, 1, 2].map((b) => drawn[2 * b]!.places.length + drawn[2 * b + 1]!.places.length);
    const expected = tokens.flatMap((count) => new Array<number>(count).fill(1 / 3 / count));
    const found = feedsOf(runs, "token_weights").flatMap((weights) => [...weights]);
    const ascending = (a: number, b: number) => a - b;
    expect(found.sort(ascending)).toBeCloseToTensor(expected.sort(ascending), { absolute: 1e-6 });
    // The first batch has no pair; the others have two each.
    const targets = feedsOf(runs, "targets").flatMap((one) => [...one]);
    const counted = targets.filter((one) => one > 0);
    expect(counted).toBeCloseToTensor([1 / 6, 1 / 6, 1 / 6, 1 / 6], { absolute: 1e-6 });
  });

  test("tells how many tokens it has, and how many with padding", () => {
    const task = pretraining(modelOf(), train, { masking: "static" });
    const { work, size } = task.batch(all, {
      ...{ batchSize: all.length, accumulate: 1, shape, random: new Random(0) },
    });
    const lengths = [...all].map((place) => train.drawAlike(place, 0).packed.ids.length);
    expect(size).toBe(all.length);
    expect(work.tokens).toBe(lengths.reduce((sum, length) => sum + length, 0));
    expect(work.paddedTokens).toBeGreaterThanOrEqual(work.tokens);
  });
});

describe("figures", () => {
  const config = { vocabularySize: tokenizer.size };

  /** Says of each token the negative of its id, and that it guessed it if that is even; of each pair that it follows. */
  function answer({ feeds }: Run): RunOutputs {
    const ids = feedsOf([[{ feeds } as Run]], "label_at").flatMap((labels) =>
      [...labels].map((at, p) => at - p * config.vocabularySize),
    );
    const pairs = feedsOf([[{ feeds } as Run]], "targets").reduce((sum, { length }) => sum + length / 2, 0);
    return {
      [LOSS]: Float32Array.of(1),
      [TOKEN_LIKELIHOOD]: Float32Array.from(ids, (id) => -id),
      [BEST_LIKELIHOOD]: Float32Array.from(ids, (id) => (id % 2 === 0 ? -id : 0)),
      [NEXT_SENTENCE]: Float32Array.from({ length: 2 * pairs }, (_, i) => i % 2),
    };
  }

  function engineOf(): Engine {
    return {
      infer: async (runs: readonly (readonly Run[])[]) => runs.map((lane) => lane.map(answer)),
    } as unknown as Engine;
  }

  test("of training are means over tokens and pairs, however they fall into batches", async () => {
    // Groups of one sentence, which make no pairs, and of two; the first step has no pair at all.
    const examples = examplesOf([[5], [28], [3, 4], [2, 3], [9, 20], [7]]);
    const task = pretraining(modelOf(), examples, { masking: "static" });
    const state = new TrainingState(examples.size, 0);
    for (const places of [Int32Array.of(0, 1), Int32Array.of(2), Int32Array.of(3, 4, 5)]) {
      const step = { batchSize: 3, accumulate: 1, shape, random: new Random(0) };
      const { runs, size, random, measure } = task.batch(places, step);
      const { loss, sums } = measure(runs.map((lane) => lane.map(answer)));
      expect(loss).toBe(runs.flat().length);
      state.count({ size, sums, random, seconds: 1 });
    }
    const { loss, ...train } = state.train(task.figures);
    const { loss: _, ...expected } = await task.evaluate(engineOf(), examples, {
      shape,
      notFinite: () => new Error("not finite"),
    });
    expect(Object.keys(train).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, value] of Object.entries(expected)) expect(train[name], name).toBeCloseTo(value, 8);
    expect(expected.nextSentenceLoss).toBeGreaterThan(0.3);
    expect(loss).toBeGreaterThan(0);
  });

  test("are of all examples, those without a pair included where words are guessed", async () => {
    // More than are measured at once.
    const examples = examplesOf(Array.from({ length: 4200 }, (_, g) => (g % 3 === 0 ? [5] : [3, 4])));
    const drawn = Array.from({ length: examples.size }, (_, i) => examples.drawAlike(i, 0));
    const told: [number, number][] = [];
    const figures = await pretraining(modelOf(), examples).evaluate(engineOf(), examples, {
      shape,
      notFinite: () => new Error("not finite"),
      onProgress: (done, of) => told.push([done, of]),
    });
    const tokens = drawn.flatMap(({ tokens: some }) => [...some]);
    const mean = (numbers: readonly number[]) =>
      numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    const pairs = drawn.flatMap(({ isNext }) => (isNext === undefined ? [] : [isNext]));
    const nextSentenceLoss = mean(pairs.map((isNext) => Math.log1p(Math.exp(isNext ? -1 : 1))));
    const expected = {
      ...{ loss: mean(tokens) + nextSentenceLoss, tokenLoss: mean(tokens), nextSentenceLoss },
      tokenAccuracy: mean(tokens.map((id) => Number(id % 2 === 0))),
      nextSentenceAccuracy: mean(pairs.map(Number)),
    };
    expect(Object.keys(figures).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, value] of Object.entries(expected)) expect(figures[name], name).toBeCloseTo(value, 8);
    expect(told).toEqual([
      [0, 4200],
      [4096, 4200],
    ]);
  });

  test("without next sentences are of the words alone", async () => {
    const examples = examplesOf([[5, 4], [9]], false);
    const task = pretraining(modelOf(false), examples);
    const figures = await task.evaluate(engineOf(), examples, { shape, notFinite: () => new Error() });
    expect(Object.keys(figures)).toEqual(["loss", "tokenLoss", "tokenAccuracy"]);
    expect(task.figures.map(({ name }) => name)).toEqual(["loss", "tokenLoss", "tokenAccuracy"]);
    expect(figures.loss).toBe(figures.tokenLoss);
  });

  test("that are no numbers are an error of the first example that was measured with them", async () => {
    const examples = examplesOf([[5, 4]]);
    const broken = {
      infer: async (runs: readonly (readonly Run[])[]) =>
        (await engineOf().infer(runs)).map((lane) =>
          lane.map((outputs) => ({ ...outputs, [TOKEN_LIKELIHOOD]: Float32Array.of(Number.NaN) })),
        ),
    } as unknown as Engine;
    const notFinite = (example: number, value: number) => new Error(`${example}: ${value}`);
    await expect(
      pretraining(modelOf(), examples).evaluate(broken, examples, { shape, notFinite }),
    ).rejects.toThrow("1: NaN");
  });
});

test("examples that the model has no room for are refused", () => {
  const examples = examplesOf([[5, 4]]);
  const fitting = (sizes: object) => () => {
    const model = modelOf(true, sizes);
    pretraining(model, examples).expectFit(examples);
  };
  expect(fitting({})).not.toThrow();
  expect(fitting({ maxPositions: 31 })).toThrow(
    "maxLength is 32, but the model has positions for 31; set it to that or less",
  );
  const largest = Math.max(...examples.corpus.tokenIds);
  expect(fitting({ vocabularySize: largest + 1 })).not.toThrow();
  expect(fitting({ vocabularySize: largest })).toThrow(
    `token id ${largest} is beyond the token embedding, which has ${largest} rows`,
  );
});
