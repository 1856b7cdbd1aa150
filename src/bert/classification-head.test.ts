import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { lossShares, lossTargets } from "./classification-head.js";

/** What tools/make-training-fixtures.py recorded of CrossEntropyLoss. */
const recorded: {
  classWeights: number[];
  labelSmoothing: number;
  labels: number[];
  logits: number[];
  loss: number;
  gradient: number[];
}[] = JSON.parse(readFileSync(new URL("../../test/fixtures/training/loss.json", import.meta.url), "utf8"));

const K = 4;

describe.each(recorded)("class weights $classWeights, label smoothing $labelSmoothing", (options) => {
  const labels = Int32Array.from(options.labels);
  const targets = lossTargets(labels, lossShares(labels, labels.length, options), options);

  const likelihoods = options.labels.map((_, i) => logSoftmax(options.logits.slice(i * K, (i + 1) * K)));

  test("make PyTorch's loss", () => {
    const loss = -likelihoods.flat().reduce((sum, likelihood, i) => sum + targets[i]! * likelihood, 0);
    expect([loss]).toBeCloseToTensor([options.loss], { absolute: 1e-7 });
  });

  test("make PyTorch's gradient", () => {
    const gradient = likelihoods.flatMap((row, i) => {
      const wanted = targets.subarray(i * K, (i + 1) * K);
      const total = wanted.reduce((sum, target) => sum + target, 0);
      return row.map((likelihood, k) => Math.exp(likelihood) * total - wanted[k]!);
    });
    expect(gradient).toBeCloseToTensor(options.gradient, { absolute: 1e-7 });
  });
});

test("without weights and smoothing an example counts 1/n at its label, to the bit", () => {
  const labels = Int32Array.of(2, 0, 1);
  const plain = { classWeights: [1, 1, 1], labelSmoothing: 0 };
  const third = Math.fround(1 / 3);
  expect([...lossTargets(labels, lossShares(labels, 3, plain), plain)]).toEqual(
    [0, 0, 1, 1, 0, 0, 0, 1, 0].map((x) => x * third),
  );
});

test("several batches count the same, whatever their sizes and labels", () => {
  const labels = Int32Array.of(0, 1, 1, 0, 1);
  const shares = lossShares(labels, 2, { classWeights: [1, 3] });
  const weights = [...labels].map((label) => [1, 3][label]!);
  const batches = [0, 2, 4].map((start) =>
    [...shares.subarray(start, start + 2)].reduce((sum, share, i) => sum + share * weights[start + i]!, 0),
  );
  expect(batches).toBeCloseToTensor([1 / 3, 1 / 3, 1 / 3], { absolute: 1e-15 });
  expect(shares[0]).toBe(shares[1]);
});

function logSoftmax(logits: readonly number[]): number[] {
  const total = logits.reduce((sum, x) => sum + Math.exp(x), 0);
  return logits.map((x) => x - Math.log(total));
}
