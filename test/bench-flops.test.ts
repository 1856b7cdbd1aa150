import { expect, test } from "vitest";
import { forwardFlops, meanFlops, trainingFlops } from "../bench/flops.js";

const [H, F, K, n] = [8, 20, 3, 5];
const config = { vocabularySize: 100, hidden: H, ffn: F, heads: 2, blocks: 3, maxPositions: 16 };

/** A product of [m, k] and [k, n]. */
type Product = [m: number, k: number, n: number];

const fullBlock: Product[] = [
  [n, H, 3 * H], // queries, keys, values
  [n, H, n], // scores, all heads
  [n, n, H], // mixtures of values
  [n, H, H],
  [n, H, F],
  [n, F, H],
];
const lastBlock: Product[] = [
  [n, H, 2 * H], // keys, values
  [1, H, H],
  [1, H, n],
  [1, n, H],
  [1, H, H],
  [1, H, F],
  [1, F, H],
];
const head: Product[] = [
  [1, H, H],
  [1, H, K],
];

test("FLOPs are those of the matrix products, two for a multiply-add", () => {
  const products = [...fullBlock, ...fullBlock, ...lastBlock, ...head];
  const expected = products.reduce((sum, [m, k, columns]) => sum + 2 * m * k * columns, 0);
  expect(forwardFlops(config, K, n)).toBe(expected);
  expect(trainingFlops(config, K, n)).toBe(3 * expected);
});

test("a dataset's mean counts each example at its own length", () => {
  const lengths = [3, 7, 16];
  const dataset = { size: 3, labelNames: ["a", "b", "c"], length: (i: number) => lengths[i]! };
  const sum = lengths.reduce((total, length) => total + forwardFlops(config, K, length), 0);
  expect(meanFlops(forwardFlops, config, dataset)).toBe(sum / 3);
});
