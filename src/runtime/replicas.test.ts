import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accumulate } from "../../test/support/accumulate.js";
import { cost, randomDataset, range } from "../../test/support/random-dataset.js";
import { BertClassifier } from "../bert/bert-classifier.js";
import { classifierProgram, classifierTrainingProgram } from "../bert/classifier-network.js";
import { classifierRun, classifierTrainingRun } from "../bert/classifier-run.js";
import { microBatches } from "../data/micro-batches.js";
import { Random } from "../random.js";
import { dealOut, Replicas } from "./replicas.js";

describe("dealOut", () => {
  const costs = fc.array(fc.record({ cost: fc.integer({ min: 1, max: 1000 }) }), { maxLength: 30 });
  const replicas = fc.integer({ min: 1, max: 5 });

  test("gives every run to exactly one replica", () => {
    fc.assert(
      fc.property(costs, replicas, (runs, count) => {
        const hands = dealOut(runs, count);
        expect(hands).toHaveLength(count);
        expect(hands.flat().sort((a, b) => a - b)).toEqual([...runs.keys()]);
      }),
    );
  });

  test("leaves no replica with more than a run's cost above another", () => {
    fc.assert(
      fc.property(costs, replicas, (runs, count) => {
        const loads = dealOut(runs, count).map((hand) => hand.reduce((sum, i) => sum + runs[i]!.cost, 0));
        const largest = Math.max(0, ...runs.map(({ cost }) => cost));
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(largest);
      }),
    );
  });
});

const config = { vocabularySize: 300, hidden: 16, ffn: 24, heads: 2, blocks: 2, maxPositions: 32 };
const labels = ["a", "b", "c"];
const lengths = Array.from({ length: 24 }, (_, i) => 4 + ((i * 7) % 17));
const dataset = randomDataset(lengths, { vocabularySize: config.vocabularySize });
const batches = microBatches(dataset, range(lengths.length), { maxTokens: 60, atLeast: 2, cost });
const runs = batches.map((batch, seed) =>
  classifierTrainingRun(batch, { labels: 3, batchSize: lengths.length, seed, cost }),
);
const inferenceRuns = batches.map((batch) => classifierRun(batch, cost));

/** With an epsilon far above every gradient, Adam's step is rate / epsilon times the gradient. */
const PLAIN_DESCENT = { learningRate: 1e9, beta1: 0, beta2: 0, epsilon: 1e9, step: 1 };

const adam = (step: number) => ({ learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step });

async function withReplicas<T>(
  threads: number,
  dropout: number,
  use: (replicas: Replicas, model: BertClassifier) => Promise<T>,
): Promise<T> {
  const model = BertClassifier.fromScratch(config, labels, new Random(3));
  const replicas = await Replicas.start({
    inference: classifierProgram(config, 3),
    training: classifierTrainingProgram(config, 3, dropout),
    parameters: model.parameters,
    threads,
  });
  try {
    return await use(replicas, model);
  } finally {
    await replicas.close();
  }
}

describe("replicas on worker threads", () => {
  test.each([1, 2, 3])("%d sum the same gradients as one on this thread", async (threads) => {
    const fresh = BertClassifier.fromScratch(config, labels, new Random(3));
    const program = classifierTrainingProgram(config, 3, 0.1);
    const { gradients: expected } = await accumulate(program, fresh.parameters, runs);
    await withReplicas(threads, 0.1, async (replicas, model) => {
      await replicas.accumulate(runs);
      await replicas.update(PLAIN_DESCENT);
      for (const [name, { data }] of fresh.parameters) {
        const gradient = expected.get(name)?.data ?? new Float32Array(data.length);
        const moved = data.map((x, i) => x - gradient[i]!);
        // Parameters are around 1, so a rounding of them is what separates the two.
        expect(model.parameters.get(name)!.data, name).toBeCloseToTensor(moved, { absolute: 1e-6 });
      }
    });
  });

  const train = (threads: number) =>
    withReplicas(threads, 0.1, async (replicas, model) => {
      const losses: number[] = [];
      for (let step = 1; step <= 3; step++) {
        const outputs = await replicas.accumulate(runs);
        losses.push(outputs.reduce((sum, output) => sum + output.loss![0]!, 0));
        await replicas.update(adam(step));
      }
      return { losses, parameters: new Map([...model.parameters].map(([name, { data }]) => [name, data])) };
    });

  test("the same number of threads gives the same bits, dropout included", async () => {
    expect(await train(2)).toEqual(await train(2));
  });

  test("another number of threads gives the same losses up to the order of sums", async () => {
    expect((await train(1)).losses).toBeCloseToTensor((await train(2)).losses, { absolute: 1e-5 });
  });

  test("an update clears the sums, so the next one without gradients follows the moments alone", async () => {
    await withReplicas(2, 0, async (replicas, model) => {
      await replicas.accumulate(runs);
      await replicas.update(PLAIN_DESCENT);
      const before = model.stateDict();
      const copies = new Map([...before].map(([name, { data }]) => [name, data.slice()]));
      await replicas.update(PLAIN_DESCENT);
      expect(new Map([...model.stateDict()].map(([name, { data }]) => [name, data]))).toEqual(copies);
    });
  });

  test("outputs come in the order of the runs, and follow the parameters", async () => {
    await withReplicas(2, 0, async (replicas) => {
      const inferred = await replicas.infer(inferenceRuns);
      const trained = await replicas.accumulate(runs);
      batches.forEach((batch, i) => {
        expect(inferred[i]!.logits).toHaveLength(batch.examples.length * 3);
        expect(trained[i]!.logits).toBeCloseToTensor(inferred[i]!.logits!, { absolute: 1e-6 });
      });
      await replicas.update(adam(1));
      const after = await replicas.infer(inferenceRuns);
      expect(after[0]!.logits).not.toBeCloseToTensor(inferred[0]!.logits!, { absolute: 1e-4 });
    });
  });

  test("a run that fails is reported, and later ones still work", async () => {
    await withReplicas(2, 0, async (replicas) => {
      const { tokens: _, ...feeds } = runs[0]!.feeds;
      const bad = { ...runs[0]!, feeds };
      await expect(replicas.accumulate([bad])).rejects.toThrow(/a worker thread failed: .*tokens/);
      expect(await replicas.infer([inferenceRuns[0]!])).toHaveLength(1);
    });
  });
});
