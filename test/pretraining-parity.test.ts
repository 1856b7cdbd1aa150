/** Losses, gradients and parameters of pretraining against PyTorch's: tools/make-pretraining-fixtures.py. */
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
  /** Of the tokens and of the pairs, before each step. */
  losses: [number, number][];
  /** The first values of each, after the last step. */
  parameters: Record<string, number[]>;
}

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

  test("gradients are PyTorch's, in one micro-batch and in several", async () => {
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
      const [groups] = microBatches(dataset, all, { replicas: 1, perGroup, maxTokens: 60 });
      const runs = groups!.map((group) =>
        pretrainingRun(group, config, { heads, examples, weightsOf: () => weights, seed: 0 }),
      );
      const { gradients } = await accumulate(programs, parameters, runs);
      for (const [parameter, { data }] of gradients) {
        const wanted = recorded.get(parameter)?.data as Float32Array | undefined;
        expect(wanted, parameter).toBeDefined();
        expect(data, parameter).toBeCloseToTensor(wanted!, { absolute: 1e-5 });
      }
    }
  });

  test.each([1, 2])("on %i threads losses and parameters are PyTorch's, step after step", async (count) => {
    const trained = model();
    const task = pretraining(trained, recordedExamples(examples), { dropout: 0 });
    const options = {
      ...{ epochs: expected.losses.length, batchSize: examples.length, shuffle: false },
      learningRate: expected.learningRate,
    };
    const losses: [number, number][] = [];
    for await (const event of new Trainer(task, threads(count), options).fit()) {
      if (event.event !== "step") continue;
      const { tokenLoss = Number.NaN, nextSentenceLoss = 0 } = event.train;
      losses.push([tokenLoss, nextSentenceLoss]);
      expect(event.loss).toBeCloseTo(tokenLoss + nextSentenceLoss, 5);
    }
    expect(losses.flat()).toBeCloseToTensor(expected.losses.flat(), { absolute: 1e-5 });
    const own = ourNames(Object.keys(expected.parameters));
    for (const [theirs, values] of Object.entries(expected.parameters)) {
      // Keys' biases have no gradient but rounding, of which Adam makes whole steps.
      if (/W_k\.bias|key\.bias/.test(theirs)) continue;
      const { data } = trained.parameters.get(own.get(theirs) ?? theirs)!;
      expect([...data.subarray(0, values.length)], theirs).toBeCloseToTensor(values, { absolute: 2e-5 });
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
  } as unknown as PretrainingExamples;
}
