import { expect, test } from "vitest";
import { classifierTrainer } from "../../test/support/classifier-trainer.js";
import { randomDataset } from "../../test/support/random-dataset.js";
import { BertClassifier } from "../bert/bert-classifier.js";
import { Random } from "../random.js";
import type { Checkpoint } from "./checkpoint.js";
import type { FitOptions } from "./trainer.js";

const config = { vocabularySize: 100, hidden: 8, ffn: 8, heads: 2, blocks: 1, maxPositions: 16 };
const lengths = Array.from({ length: 12 }, (_, i) => 4 + (i % 5));
const train = randomDataset(lengths, { vocabularySize: 100 });
const others = randomDataset(lengths, { vocabularySize: 100, seed: 1 });

/** The events and checkpoints of three epochs of a step each, up to the error that ends them. */
async function diverge(
  learningRate: number,
  options: FitOptions<typeof train>,
  { test, batchSize = 12 }: { readonly test?: typeof train; readonly batchSize?: number } = {},
) {
  const model = BertClassifier.fromScratch(config, train.labelNames, new Random(1));
  const happened: string[] = [];
  const checkpoints = {
    async save({ state }: Checkpoint) {
      happened.push(`checkpoint ${state.step}`);
      return { file: "", bytes: 0 };
    },
  };
  const trainer = classifierTrainer(model, train, {
    epochs: 3,
    batchSize,
    learningRate,
    threads: 1,
    metric: "loss",
  });
  try {
    for await (const { event } of trainer.fit({ test, checkpoints, ...options })) {
      if (event !== "checkpoint") happened.push(event);
    }
  } catch (error) {
    return { happened, message: (error as Error).message };
  }
  throw new Error("training has not diverged");
}

test("an epoch whose validation is not a number is none: nothing is kept of it", async () => {
  // The step leaves weights that are finite, and that no longer answer.
  const { happened, message } = await diverge(1e18, { validation: others });
  expect(message).toMatch(
    /^the answer to validation example \d+ is NaN at step 1 \(epoch 1\): training has diverged. Try a lower learning rate$/,
  );
  expect(happened).toEqual(["step"]);
});

test("so with a test set", async () => {
  const { happened, message } = await diverge(1e18, {}, { test: others });
  expect(message).toMatch(
    /^the answer to test example \d+ is NaN at step 1 \(epoch 1\): training has diverged/,
  );
  expect(happened).toEqual(["step"]);
});

test("parameters that are not finite are in no checkpoint", async () => {
  const { happened, message } = await diverge(1e39, {});
  expect(message).toMatch(
    /^after step 1, .* holds values that are not finite: training has diverged. Try a lower learning rate$/,
  );
  expect(happened).toEqual(["step"]);
});

test("nor within an epoch", async () => {
  const options = { checkpointEvery: { steps: 1 } };
  const { happened, message } = await diverge(1e39, options, { batchSize: 6 });
  expect(message).toMatch(/^after step 1, .* holds values that are not finite/);
  expect(happened).toEqual(["step"]);
});
