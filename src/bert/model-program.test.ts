import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accumulate } from "../../test/support/accumulate.js";
import { meanTargets } from "../../test/support/mean-targets.js";
import { randomDataset, range } from "../../test/support/random-dataset.js";
import { type MicroBatch, type MicroBatchGroup, microBatches } from "../data/micro-batches.js";
import { Random } from "../random.js";
import { Replica } from "../runtime/replica.js";
import { createSession } from "../runtime/threads/session.js";
import { BertClassifier } from "./bert-classifier.js";
import { classificationHead } from "./classification-head.js";
import type { BertConfig } from "./config.js";
import {
  inferenceProgram,
  inferenceRun,
  LOGITS,
  modelParameters,
  trainingProgram,
  trainingRun,
} from "./model-program.js";

const config: BertConfig = {
  vocabularySize: 40,
  hidden: 24,
  ffn: 32,
  heads: 3,
  blocks: 3,
  maxPositions: 64,
};
const labels = ["a", "b", "c", "d"];
const K = labels.length;
const lengths = [5, 9, 5, 20, 13, 3];
const dataset = randomDataset(lengths, { vocabularySize: config.vocabularySize, labels: K });
const model = BertClassifier.fromScratch(config, labels, new Random(1));
const together = grouped(range(lengths.length), 1);

let replica: Replica;
beforeAll(() => {
  const programs = [3, 1].map((n) => inferenceProgram(config, K, n));
  replica = new Replica(programs, ({ model }) => createSession(model), model.parameters);
});
afterAll(() => replica.release());

/** Examples in one run. */
function grouped(examples: Int32Array, microBatchCount: number): MicroBatchGroup {
  const options = { replicas: 1, perGroup: microBatchCount, maxTokens: 1000 };
  return microBatches(dataset, examples, options)[0]![0]!;
}

function alone(example: number): MicroBatchGroup {
  return grouped(Int32Array.of(example), 1);
}

/** The first micro-batch with `more` columns of padding. */
function padded({ distinct, batches }: MicroBatchGroup, more: number): MicroBatchGroup {
  const [first, ...others] = batches;
  return { distinct, batches: [{ ...first!, length: first!.length + more }, ...others] };
}

/** The logits of each example of a group. */
async function logitsOf(group: MicroBatchGroup): Promise<Map<number, Float32Array>> {
  const logits = (await replica.infer(inferenceRun(group, config)))[LOGITS]!;
  const examples = group.batches.flatMap((batch) => [...batch.examples]);
  return new Map(examples.map((example, row) => [example, logits.subarray(row * K, (row + 1) * K)]));
}

describe("a pair's logits do not depend on what it runs with", () => {
  test.each([...lengths.keys()])("pair %d: alone, with others, and padded", async (example) => {
    const logits = (await logitsOf(alone(example))).get(example)!;
    const others = [together, grouped(range(lengths.length), 3), padded(together, 7)];
    for (const group of [...others, ...[1, 7, 40].map((more) => padded(alone(example), more))]) {
      expect((await logitsOf(group)).get(example)).toBeCloseToTensor(logits, { absolute: 1e-6 });
    }
  });

  test("nor on the token that stands for padding", async () => {
    const run = inferenceRun(padded(alone(0), 3), config);
    const { data, dims } = run.feeds["token_at.0"]!;
    const filled = Int32Array.from(data, (token, place) => (place >= lengths[0]! ? 2 : token));
    const feeds = { ...run.feeds, "token_at.0": { data: filled, dims } };
    const logits = (await replica.infer({ ...run, feeds }))[LOGITS]!;
    expect(logits).toBeCloseToTensor((await logitsOf(alone(0))).get(0)!, { absolute: 1e-6 });
  });

  test("but on its own tokens and segments they do", async () => {
    const group = alone(3);
    const logits = (await logitsOf(group)).get(3)!;
    const [batch] = group.batches;
    const changed = (part: Partial<MicroBatch>) => ({ ...group, batches: [{ ...batch!, ...part }] });
    const otherTokens = changed({ tokens: batch!.tokens.with(8, batch!.tokens[9]!) });
    const otherSegments = changed({ firstLengths: batch!.firstLengths.map((length) => length ^ 1) });
    for (const group of [otherTokens, otherSegments]) {
      expect((await logitsOf(group)).get(3)).not.toBeCloseToTensor(logits, { absolute: 1e-3 });
    }
  });
});

describe("the training program", () => {
  const programs = [3, 1].map((n) => trainingProgram(config, classificationHead(K), { dropout: 0 }, n));
  const train = (groups: MicroBatchGroup[]) =>
    accumulate(
      programs,
      model.parameters,
      groups.map((group) =>
        trainingRun(group, config, {
          head: classificationHead(K),
          targets: meanTargets(K, lengths.length),
          seed: 0,
        }),
      ),
    );

  test.each([1, 3])(
    "of %d micro-batches gives the logits of the program that classifies, and the mean cross-entropy as its loss",
    async (count) => {
      const group = grouped(range(lengths.length), count);
      const { outputs } = await train([group]);
      const rows = outputs[0]![LOGITS]!;
      const examples = group.batches.flatMap((batch) => [...batch.examples]);
      const expected = await logitsOf(group);
      expect(rows).toBeCloseToTensor(
        examples.flatMap((example) => [...expected.get(example)!]),
        { absolute: 1e-6 },
      );
      const losses = examples.map((example, i) => {
        const row = [...rows.subarray(i * K, (i + 1) * K)];
        return (
          Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - row[dataset.labels[example]!]!
        );
      });
      const mean = losses.reduce((sum, x) => sum + x, 0) / lengths.length;
      expect(outputs[0]!.loss).toBeCloseToTensor([mean], { absolute: 1e-6 });
    },
  );

  test("sums to the same gradients however a batch is split or padded", async () => {
    const { gradients: whole } = await train([together]);
    const { gradients: split } = await train(Array.from(range(lengths.length), alone));
    const { gradients: more } = await train([padded(together, 9)]);
    const { gradients: several } = await train([grouped(range(lengths.length), 3)]);
    for (const [name, { data, touched }] of whole) {
      // The gradient of a key's bias is 0 but for roundings.
      const tolerance = name.endsWith("W_k.bias") ? { absolute: 1e-6 } : { relative: 3e-6 };
      expect(split.get(name)!.data, name).toBeCloseToTensor(data, tolerance);
      expect(more.get(name)!.data, name).toBeCloseToTensor(data, tolerance);
      expect(several.get(name)!.data, name).toBeCloseToTensor(data, tolerance);
      if (touched) expect(split.get(name)!.touched, name).toEqual(touched);
    }
  });

  test("touches the rows of the tokens and positions that occur, and only these", async () => {
    const { gradients } = await train([alone(0)]);
    const { data, touched } = gradients.get("encoder.token_embedding.weight")!;
    const ids = new Set(dataset.ids(0));
    for (let id = 0; id < config.vocabularySize; id++) {
      const row = data.subarray(id * config.hidden, (id + 1) * config.hidden);
      expect(touched![id]).toBe(Number(ids.has(id)));
      expect(row.some((x) => x !== 0)).toBe(ids.has(id));
    }
    const positions = gradients.get("encoder.pos_embedding")!.touched!;
    expect([...positions]).toEqual(Array.from({ length: 64 }, (_, t) => Number(t < lengths[0]!)));
  });

  test("trains every parameter but the key bias of the last block, which the softmax takes out", () => {
    const trained = programs[0]!.parameters.filter(({ gradient }) => gradient).map(({ name }) => name);
    const missing = [...model.parameters.keys()].filter((name) => !trained.includes(name));
    expect(missing).toEqual(["encoder.blks.2.attention.W_k.bias"]);
  });

  test("drops at a rate of its own in attention, in residuals and before the output, where these have one", () => {
    const variant = { activation: "gelu", epsilon: 1e-12, segments: 2, pooling: "tanh" } as const;
    const published = { ...config, blocks: 1, variant: { ...variant, dropoutBeforeHidden: true } };
    const dropout = { hidden: 0.1, attention: 0, output: 0.2 };
    const { masks } = trainingProgram(published, classificationHead(K), { dropout }, 1);
    // Embeddings; two residuals of the last block, of the first token alone; before and behind the hidden layer.
    const rates = (program: typeof published) =>
      trainingProgram(program, classificationHead(K), { dropout }, 1).masks.map(
        ({ probability }) => probability,
      );
    expect(masks.map(({ probability }) => probability)).toEqual([0.1, 0.1, 0.1, 0.2, 0.2]);
    const distilled = { ...published.variant, dropoutAfterAttention: false };
    expect(rates({ ...published, variant: distilled } as typeof published)).toEqual([0.1, 0.1, 0.2, 0.2]);
  });

  test("has a mask for the attention weights and both residuals of every block, and none without dropout", () => {
    expect(programs[0]!.masks).toEqual([]);
    expect(inferenceProgram(config, K, 1).masks).toEqual([]);
    const { masks } = trainingProgram(config, classificationHead(K), { dropout: 0.1 }, 1);
    expect(masks.every(({ probability }) => probability === 0.1)).toBe(true);
    const full = [
      [3, "B0", "T0", "T0"],
      ["M0", 24],
      ["M0", 24],
    ];
    expect(masks.map(({ shape }) => shape)).toEqual([
      ...full,
      ...full,
      ["B0", 3, "T0"],
      ["B0", 24],
      ["B0", 24],
    ]);
  });
});

test("modelParameters lists d2l's tensors, block by block, and the output layer", () => {
  const small = { vocabularySize: 100, hidden: 12, ffn: 20, heads: 3, blocks: 2, maxPositions: 16 };
  const shapes = new Map([...modelParameters(small, 5)].map(([name, { shape }]) => [name, shape]));
  const block = (i: number) =>
    [
      ...["attention.W_q", "attention.W_k", "attention.W_v", "attention.W_o", "addnorm1.ln"],
      ...["ffn.dense1", "ffn.dense2", "addnorm2.ln"],
    ].flatMap((module) => [`encoder.blks.${i}.${module}.weight`, `encoder.blks.${i}.${module}.bias`]);
  expect([...shapes.keys()]).toEqual([
    ...["encoder.pos_embedding", "encoder.token_embedding.weight", "encoder.segment_embedding.weight"],
    ...[...block(0), ...block(1), "hidden.0.weight", "hidden.0.bias", "output.weight", "output.bias"],
  ]);
  expect(shapes.get("encoder.pos_embedding")).toEqual([1, 16, 12]);
  expect(shapes.get("encoder.blks.1.ffn.dense1.weight")).toEqual([20, 12]);
  expect(shapes.get("encoder.blks.1.ffn.dense2.weight")).toEqual([12, 20]);
  expect(shapes.get("output.weight")).toEqual([5, 12]);
});
