import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accumulate } from "../../test/support/accumulate.js";
import { meanTargets } from "../../test/support/mean-targets.js";
import { cost, randomDataset, range } from "../../test/support/random-dataset.js";
import { type MicroBatch, microBatches } from "../data/micro-batches.js";
import { Random } from "../random.js";
import { Replica } from "../runtime/replica.js";
import { createSession } from "../runtime/session.js";
import { BertClassifier } from "./bert-classifier.js";
import { classifierProgram, classifierTrainingProgram } from "./classifier-network.js";
import { classifierRun, classifierTrainingRun } from "./classifier-run.js";
import type { BertConfig } from "./config.js";

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
const together: MicroBatch = allTogether();

let replica: Replica;
beforeAll(async () => {
  const program = classifierProgram(config, K);
  replica = new Replica(program, await createSession(program.model), model.parameters);
});
afterAll(() => replica.release());

/** One micro-batch of all examples, in the order of the dataset. */
function allTogether(): MicroBatch {
  const [first, ...rest] = Array.from(range(lengths.length), alone);
  return rest.reduce(join, first!);
}

function alone(example: number): MicroBatch {
  return microBatches(dataset, Int32Array.of(example), { replicas: 1, maxTokens: 100, cost })[0]![0]!;
}

function join(a: MicroBatch, b: MicroBatch): MicroBatch {
  const distinct = Int32Array.from(new Set([...a.distinct, ...b.distinct]));
  const length = Math.max(a.length, b.length);
  const both = (name: "examples" | "lengths" | "premiseLengths" | "labels") =>
    Int32Array.of(...a[name], ...b[name]);
  const rows = Array.from({ length }, (_, t) =>
    [a, b].flatMap((batch) => {
      const size = batch.examples.length;
      const places = batch.tokens.subarray(t * size, (t + 1) * size);
      if (t >= batch.length) return new Array<number>(size).fill(0);
      return Array.from(places, (place) => distinct.indexOf(batch.distinct[place]!));
    }),
  );
  return {
    examples: both("examples"),
    length,
    distinct,
    tokens: Int32Array.from(rows.flat()),
    lengths: both("lengths"),
    premiseLengths: both("premiseLengths"),
    labels: both("labels"),
  };
}

/** The micro-batch with `more` columns of padding; `fill` is the place of the token that fills them. */
function padded(batch: MicroBatch, more: number, fill: number): MicroBatch {
  const tokens = new Int32Array(batch.tokens.length + more * batch.examples.length).fill(fill);
  tokens.set(batch.tokens);
  return { ...batch, length: batch.length + more, tokens };
}

async function logitsOf(batch: MicroBatch): Promise<Float32Array> {
  return (await replica.infer(classifierRun(batch))).logits!;
}

describe("a pair's logits do not depend on what it runs with", () => {
  test.each([...lengths.keys()])("pair %d: alone, with others, and padded", async (example) => {
    const logits = await logitsOf(alone(example));
    const row = (await logitsOf(together)).subarray(example * K, (example + 1) * K);
    expect(row).toBeCloseToTensor(logits, { absolute: 1e-6 });
    for (const more of [1, 7, 40]) {
      const other = alone(example).distinct.length - 1;
      for (const fill of [0, other]) {
        const batch = padded(alone(example), more, fill);
        expect(await logitsOf(batch)).toBeCloseToTensor(logits, { absolute: 1e-6 });
      }
    }
  });

  test("but on its own tokens and segments they do", async () => {
    const batch = alone(3);
    const logits = await logitsOf(batch);
    const otherTokens = { ...batch, tokens: batch.tokens.with(8, batch.tokens[9]!) };
    const otherSegments = { ...batch, premiseLengths: batch.premiseLengths.map((length) => length ^ 1) };
    expect(await logitsOf(otherTokens)).not.toBeCloseToTensor(logits, { absolute: 1e-3 });
    expect(await logitsOf(otherSegments)).not.toBeCloseToTensor(logits, { absolute: 1e-3 });
  });
});

describe("the training program", () => {
  const program = classifierTrainingProgram(config, K, { dropout: 0 });
  const train = (batches: MicroBatch[]) =>
    accumulate(
      program,
      model.parameters,
      batches.map((batch) =>
        classifierTrainingRun(batch, { targets: meanTargets(K, lengths.length), seed: 0 }),
      ),
    );

  test("gives the logits of the program that classifies, and the mean cross-entropy as its loss", async () => {
    const { outputs } = await train([together]);
    const { logits, loss } = outputs[0]!;
    expect(logits).toBeCloseToTensor(await logitsOf(together), { absolute: 1e-6 });
    const losses = [...dataset.labels].map((label, i) => {
      const row = [...logits!.subarray(i * K, (i + 1) * K)];
      return Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - row[label]!;
    });
    const mean = losses.reduce((sum, x) => sum + x, 0) / lengths.length;
    expect(loss).toBeCloseToTensor([mean], { absolute: 1e-6 });
  });

  test("sums to the same gradients however a batch is split or padded", async () => {
    const { gradients: whole } = await train([together]);
    const { gradients: split } = await train(Array.from(range(lengths.length), alone));
    const { gradients: more } = await train([padded(together, 9, 1)]);
    for (const [name, { data, touched }] of whole) {
      // The gradient of a key's bias is 0 but for roundings.
      const tolerance = name.endsWith("W_k.bias") ? { absolute: 1e-6 } : { relative: 3e-6 };
      expect(split.get(name)!.data, name).toBeCloseToTensor(data, tolerance);
      expect(more.get(name)!.data, name).toBeCloseToTensor(data, tolerance);
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
    const trained = program.parameters.filter(({ gradient }) => gradient).map(({ name }) => name);
    const missing = [...model.parameters.keys()].filter((name) => !trained.includes(name));
    expect(missing).toEqual(["encoder.blks.2.attention.W_k.bias"]);
  });

  test("has a mask for the attention weights and both residuals of every block, and none without dropout", () => {
    expect(program.masks).toEqual([]);
    expect(classifierProgram(config, K).masks).toEqual([]);
    const { masks, dropout } = classifierTrainingProgram(config, K, { dropout: 0.1 });
    expect(dropout).toBe(0.1);
    const full = [
      ["B", 3, "T", "T"],
      ["B*T", 24],
      ["B*T", 24],
    ];
    expect(masks.map(({ shape }) => shape)).toEqual([...full, ...full, ["B", 3, "T"], ["B", 24], ["B", 24]]);
  });
});
