/** Figures, gradients and parameters of pretraining against PyTorch's: tools/make-pretraining-fixtures.py. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BertForPretraining } from "../src/bert/bert-for-pretraining.js";
import type { BertConfig, BertVariant } from "../src/bert/config.js";
import { fromHuggingFaceNames } from "../src/bert/hugging-face-names.js";
import { pretrainingProgram, pretrainingRun } from "../src/bert/pretraining-program.js";
import { Corpus } from "../src/data/corpus.js";
import { microBatches } from "../src/data/micro-batches.js";
import type { PretrainingExample, PretrainingExamples } from "../src/data/pretraining-examples.js";
import { TextDataset } from "../src/data/text-dataset.js";
import { Random } from "../src/random.js";
import { threads } from "../src/runtime/threads/threads.js";
import type { Figures } from "../src/tasks/figures.js";
import { pretraining } from "../src/tasks/pretraining.js";
import { Trainer } from "../src/train/trainer.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import type { StateDict } from "../src/weights/tensor.js";
import { accumulate } from "./support/accumulate.js";

interface Expected {
  config: BertConfig;
  learningRate: number;
  examples: {
    ids: number[];
    firstLength: number;
    places: number[];
    tokens: number[];
    isNext: boolean | null;
  }[];
  /** Losses and accuracies, before each step. */
  figures: Figures[];
  /** Every so many-th value of each, after the last step. */
  parameters: Record<string, { every: number; values: number[] }>;
}

/** It adds the same to all scores of a query, so its gradient is 0, and what is left is rounding. */
const KEY_BIAS = /W_k\.bias|key\.bias/;

const VARIANT: BertVariant = { activation: "gelu", epsilon: 1e-12, segments: 2, pooling: "tanh" };

describe.each([
  { name: "book", tiedDecoder: false, nextSentence: true, variant: undefined },
  { name: "tied", tiedDecoder: true, nextSentence: true, variant: undefined },
  { name: "published", tiedDecoder: true, nextSentence: false, variant: VARIANT },
])("$name", ({ name, tiedDecoder, nextSentence, variant }) => {
  const expected: Expected = JSON.parse(fixture("expected.json").toString());
  const config = { ...expected.config, ...(variant && { variant }) };
  const heads = { tiedDecoder, nextSentence };
  const examples = expected.examples.map(({ ids, firstLength, places, tokens, isNext }) => ({
    packed: { ids: Int32Array.from(ids), firstLength, truncated: false, empty: false },
    ...{ places: Int32Array.from(places), tokens: Int32Array.from(tokens), isNext: isNext ?? undefined },
  }));

  function fixture(file: string): Buffer {
    return readFileSync(new URL(`fixtures/pretraining/${name}/${file}`, import.meta.url));
  }

  /** Under our names. */
  function tensors(file: string): StateDict {
    const state = parseWeights(fixture(file), file);
    return variant ? fromHuggingFaceNames(state, "bert", { withWordHead: true }).state : state;
  }

  function model(): BertForPretraining {
    const loaded = BertForPretraining.fromStateDict(
      config,
      heads,
      tensors("weights.safetensors"),
      new Random(0),
    );
    expect(loaded.fresh).toEqual([]);
    return loaded;
  }

  test.each([1, 2])("gradients are PyTorch's, cut for %i lanes in every way", async (replicas) => {
    const { parameters } = model();
    const recorded = tensors("gradients.safetensors");
    const dataset = TextDataset.ofPacked(examples.map(({ packed }) => packed));
    const all = Int32Array.from(examples.keys());
    const tokens = examples.reduce((sum, { places }) => sum + places.length, 0);
    const pairs = examples.filter(({ isNext }) => isNext !== undefined).length;
    const weights = { token: 1 / tokens, pair: 1 / Math.max(1, pairs) };
    for (const perGroup of [1, 2, 3]) {
      const programs = [perGroup, 1].map((count) =>
        pretrainingProgram(config, heads, { dropout: 0, trains: true }, count),
      );
      const lanes = microBatches(dataset, all, { replicas, perGroup, maxTokens: 60 });
      const runs = lanes
        .flat()
        .map((group) =>
          pretrainingRun(group, config, { heads, examples, weightsOf: () => weights, seed: 0 }),
        );
      const { gradients } = await accumulate(programs, parameters, runs);
      expect([...gradients.keys()].sort()).toEqual([...recorded.keys()].sort());
      for (const [parameter, { data }] of recorded) {
        // Published BERTs begin with attention that looks everywhere alike: gradients of 1e-5.
        const tolerance = KEY_BIAS.test(parameter) ? { absolute: 1e-6 } : { relative: 1e-5 };
        const found = gradients.get(parameter)!.data;
        expect(found, parameter).toBeCloseToTensor(data as Float32Array, tolerance);
      }
    }
  });

  test.each([1, 2])("on %i threads figures and parameters are PyTorch's, step after step", async (count) => {
    const trained = model();
    const alike = recordedExamples(examples);
    const task = pretraining(trained, alike, { dropout: 0 });
    const options = {
      ...{ epochs: expected.figures.length, batchSize: examples.length, shuffle: false },
      learningRate: expected.learningRate,
    };
    const before: Figures[] = [];
    const after: Figures[] = [];
    for await (const event of new Trainer(task, threads(count), options).fit({ validation: alike })) {
      if (event.event === "epoch") after.push(event.validation!);
      if (event.event !== "step") continue;
      before.push(event.train);
      const { tokenLoss = Number.NaN, nextSentenceLoss = 0 } = event.train;
      expect(event.loss).toBeCloseTo(tokenLoss + nextSentenceLoss, 5);
      expect(event.train.loss).toBeCloseTo(tokenLoss + nextSentenceLoss, 5);
    }
    const names = Object.keys(expected.figures[0]!);
    expect(names).toEqual(task.figures.map(({ name }) => name).filter((name) => name !== "loss"));
    for (const name of names) {
      const theirs = expected.figures.map((figures) => figures[name]!);
      const ours = (figures: readonly Figures[]) => figures.map((some) => some[name]!);
      expect(ours(before), name).toBeCloseToTensor(theirs, { absolute: 1e-5 });
      // An epoch is one step, and is measured after it.
      expect(ours(after).slice(0, -1), name).toBeCloseToTensor(theirs.slice(1), { absolute: 1e-5 });
    }
    const own = ourNames(Object.keys(expected.parameters));
    for (const [theirs, { every, values }] of Object.entries(expected.parameters)) {
      // Of rounding Adam makes whole steps.
      if (KEY_BIAS.test(theirs)) continue;
      const { data } = trained.parameters.get(own.get(theirs) ?? theirs)!;
      const sampled = data.filter((_, i) => i % every === 0);
      expect(sampled, theirs).toBeCloseToTensor(values, { absolute: 1e-5 });
    }
  });

  function ourNames(theirs: readonly string[]): ReadonlyMap<string, string> {
    if (!variant) return new Map();
    const one = (named: string) =>
      new Map([[named, { type: "float32", shape: [1, 1], data: new Float32Array(1) }]]);
    return new Map(
      theirs.map((named) => [
        named,
        [...fromHuggingFaceNames(one(named), "bert", { withWordHead: true }).state.keys()][0]!,
      ]),
    );
  }
});

/** Examples that are drawn as they were recorded. */
function recordedExamples(examples: readonly PretrainingExample[]): PretrainingExamples {
  const tokenIds = Int32Array.from(examples.flatMap(({ tokens }) => [...tokens]));
  const corpus = new Corpus({
    tokenIds,
    sentences: Int32Array.of(0, tokenIds.length),
    groups: Int32Array.of(0, 1),
  });
  return {
    ...{ corpus, size: examples.length, meanLength: 10, maxLength: 20 },
    draw: (i: number) => examples[i],
    drawAlike: (i: number) => examples[i],
  } as unknown as PretrainingExamples;
}
