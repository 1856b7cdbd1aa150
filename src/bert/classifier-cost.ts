import type { BertConfig } from "./config.js";

/** How long a run of `size` examples, padded to `length` tokens, takes: in multiply-adds of a large product. */
export type RunCost = (size: number, length: number) => number;

/** The many small products of attention take this many times as long as one large one of as many multiply-adds. */
const ATTENTION_SLOWDOWN = 4;

/** The products for one token per example are small, too. */
const FIRST_TOKEN_SLOWDOWN = 2;

/** Part of the first block's projections that is left when each distinct token is projected once. */
const DISTINCT_PART = 0.3;

/** What a run costs for every weight, however short the run: reading it, and putting its gradient out. */
const PER_WEIGHT = { training: 45, inference: 3 };

/**
 * The cost of a run of a classifier, so that batches can be cut and dealt out well. The constants are measured
 * (docs/performance.md); a wrong one costs time, never correctness.
 */
export function classifierCost(
  { hidden, ffn, heads, blocks }: BertConfig,
  kind: keyof typeof PER_WEIGHT,
): RunCost {
  const block = 4 * hidden * hidden + 2 * hidden * ffn;
  const full = blocks - 1;
  const perToken = full * block - (full > 0 ? 3 * hidden * hidden * (1 - DISTINCT_PART) : 0);
  const perTokenPair = full * 2 * hidden * ATTENTION_SLOWDOWN;
  const perExampleToken = 2 * heads * hidden * ATTENTION_SLOWDOWN;
  const perExample = (block + hidden * hidden) * FIRST_TOKEN_SLOWDOWN;
  const perRun = (blocks * block + hidden * hidden) * PER_WEIGHT[kind];
  return (size, length) =>
    size * (length * (perToken + perExampleToken + length * perTokenPair) + perExample) + perRun;
}
