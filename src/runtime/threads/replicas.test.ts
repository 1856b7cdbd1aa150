import { Worker } from "node:worker_threads";
import { describe, expect, test, vi } from "vitest";
import { accumulate } from "../../../test/support/accumulate.js";
import { meanTargets } from "../../../test/support/mean-targets.js";
import { randomDataset, range } from "../../../test/support/random-dataset.js";
import { BertClassifier } from "../../bert/bert-classifier.js";
import { classificationHead } from "../../bert/classification-head.js";
import {
  inferenceProgram,
  inferenceRun,
  LOGITS,
  trainingProgram,
  trainingRun,
} from "../../bert/model-program.js";
import { type MicroBatchGroup, microBatches } from "../../data/micro-batches.js";
import { Random } from "../../random.js";
import { Replicas } from "./replicas.js";

const config = { vocabularySize: 300, hidden: 16, ffn: 24, heads: 2, blocks: 2, maxPositions: 32 };
const labels = ["a", "b", "c"];
const lengths = Array.from({ length: 24 }, (_, i) => 4 + ((i * 7) % 17));
const dataset = randomDataset(lengths, { vocabularySize: config.vocabularySize });

/** The same groups of micro-batches, dealt out to any number of replicas. */
function deal(threads: number) {
  const options = { replicas: 3, perGroup: 2, maxTokens: 60 };
  const groups = microBatches(dataset, range(lengths.length), options).flat();
  const lanes: MicroBatchGroup[][] = Array.from({ length: threads }, () => []);
  groups.forEach((group, i) => {
    lanes[i % threads]!.push(group);
  });
  const run = (group: MicroBatchGroup) =>
    trainingRun(group, config, {
      head: classificationHead(3),
      targets: meanTargets(3, lengths.length),
      seed: group.batches[0]!.examples[0]!,
    });
  return {
    lanes,
    training: lanes.map((lane) => lane.map(run)),
    inference: lanes.map((lane) => lane.map((group) => inferenceRun(group, config))),
  };
}

const trainingPrograms = (dropout: number) =>
  [2, 1].map((n) => trainingProgram(config, classificationHead(3), { dropout }, n));

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
    inference: [2, 1].map((n) => inferenceProgram(config, 3, n)),
    training: trainingPrograms(dropout),
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
    const programs = trainingPrograms(0.1);
    const { gradients: expected } = await accumulate(programs, fresh.parameters, deal(1).training.flat());
    await withReplicas(threads, 0.1, async (replicas, model) => {
      await replicas.accumulate(deal(threads).training);
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
        const outputs = (await replicas.accumulate(deal(threads).training)).flat();
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

  test("every step starts from gradients of its own, also with fewer runs than replicas", async () => {
    await withReplicas(2, 0, async (replicas, model) => {
      const [first, second] = deal(1).training[0]!;
      await replicas.accumulate([[first!], [second!]]);
      await replicas.update(PLAIN_DESCENT);
      const before = new Map(
        [...model.parameters].map(([name, { data, shape }]) => [name, { data: data.slice(), shape }]),
      );
      await replicas.accumulate([[second!]]);
      await replicas.update(PLAIN_DESCENT);
      const programs = trainingPrograms(0);
      const { gradients } = await accumulate(programs, before, [second!]);
      for (const [name, { data }] of before) {
        const gradient = gradients.get(name)?.data ?? new Float32Array(data.length);
        const moved = data.map((x, i) => x - gradient[i]!);
        expect(model.parameters.get(name)!.data, name).toBeCloseToTensor(moved, { absolute: 1e-6 });
      }
    });
  });

  test("outputs come in the order of the runs, and follow the parameters", async () => {
    await withReplicas(2, 0, async (replicas) => {
      const { lanes, training, inference } = deal(2);
      const inferred = await replicas.infer(inference);
      const trained = await replicas.accumulate(training);
      lanes.forEach((lane, rank) => {
        lane.forEach(({ batches }, i) => {
          const logits = inferred[rank]![i]![LOGITS]!;
          const examples = batches.reduce((sum, batch) => sum + batch.examples.length, 0);
          expect(logits).toHaveLength(examples * 3);
          expect(trained[rank]![i]![LOGITS]!).toBeCloseToTensor(logits, { absolute: 1e-6 });
        });
      });
      await replicas.update(adam(1));
      for (const after of [await replicas.infer(inference), await replicas.accumulate(training)]) {
        const before = inferred[1]![0]![LOGITS]!;
        expect(after[1]![0]![LOGITS]!).not.toBeCloseToTensor(before, { absolute: 1e-4 });
      }
    });
  });

  test("a run that fails is reported, and later ones still work", async () => {
    await withReplicas(2, 0, async (replicas) => {
      const { training, inference } = deal(2);
      const { "tokens.0": _, ...feeds } = training[0]![0]!.feeds;
      const bad = { ...training[0]![0]!, feeds };
      await expect(replicas.accumulate([[bad]])).rejects.toThrow(/a worker thread failed: .*tokens/);
      expect(await replicas.infer([[inference[0]![0]!]])).toHaveLength(2);
    });
  });

  test("a thread that dies is reported, while others are at work and ever after", async () => {
    const post = vi.spyOn(Worker.prototype, "postMessage");
    await withReplicas(2, 0, async (replicas) => {
      await (post.mock.contexts[0] as Worker).terminate();
      const { training } = deal(2);
      await expect(replicas.accumulate(training)).rejects.toThrow(
        "a worker thread failed: it ended with code 1",
      );
      await expect(replicas.update(adam(1))).rejects.toThrow("it ended with code 1");
    });
    post.mockRestore();
  });

  test.each([
    "Array buffer allocation failed",
    "Worker terminated due to reaching memory limit: JS heap out of memory",
    "Failed to allocate memory for requested buffer of size 1073741824",
    "WebAssembly.Memory(): could not allocate memory",
    "std::bad_alloc",
  ])("a thread that gets no memory says so, and what to do: %s", async (message) => {
    const post = vi.spyOn(Worker.prototype, "postMessage");
    await withReplicas(1, 0, async (replicas) => {
      const [worker] = post.mock.contexts as Worker[];
      worker!.emit("error", new Error(message));
      await expect(replicas.update(adam(1))).rejects.toThrow(
        `there is not enough memory (${message}). Lower batchSize, maxLength or threads, or end other programs`,
      );
    });
    post.mockRestore();
  });
});
