import { describe, expect, test } from "vitest";
import type { MicroBatch } from "../data/micro-batches.js";
import { argmaxRows, classifierRun, classifierTrainingRun } from "./classifier-run.js";

/** Two examples: 5 7 | 7 and 5 | 9, the second padded. */
const batch: MicroBatch = {
  examples: Int32Array.of(4, 2),
  length: 3,
  distinct: Int32Array.of(5, 7, 9),
  tokens: Int32Array.of(0, 0, 1, 2, 1, 0),
  lengths: Int32Array.of(3, 2),
  premiseLengths: Int32Array.of(2, 1),
  labels: Int32Array.of(1, 0),
};

test("a run tells the graph each token's row, place and segment, and what is padding", () => {
  const { feeds, rows, symbols } = classifierRun(batch);
  expect(symbols).toEqual({ B: 2, T: 3, U: 3 });
  expect(feeds.tokens).toEqual({ data: batch.tokens, dims: [3, 2] });
  expect(feeds.position_segments).toEqual({ data: Int32Array.of(0, 0, 2, 3, 5, 4), dims: [3, 2] });
  expect(feeds.attention_mask).toEqual({ data: Float32Array.of(0, 0, 0, 0, 0, -1e6), dims: [2, 1, 1, 3] });
  expect(rows).toEqual({
    "encoder.token_embedding.weight": Int32Array.of(5, 7, 9),
    "encoder.pos_embedding": Int32Array.of(0, 1, 2),
  });
});

test("a training run adds the targets and the seed of its masks", () => {
  const targets = Float32Array.of(0, 0.125, 0, 0.125, 0, 0);
  const { feeds, seed, rows } = classifierTrainingRun(batch, { targets: () => targets, seed: 42 });
  expect(feeds).toEqual({ ...classifierRun(batch).feeds, targets: { data: targets, dims: [2, 3] } });
  expect(seed).toBe(42);
  expect(rows).toEqual(classifierRun(batch).rows);
});

describe("argmaxRows", () => {
  test("gives each row's largest, the first of equals", () => {
    expect([...argmaxRows(Float32Array.of(1, 3, 2, -1, -1, -2), 3)]).toEqual([1, 0]);
  });

  test("of nothing is nothing", () => {
    expect(argmaxRows(new Float32Array(0), 3)).toHaveLength(0);
  });
});
