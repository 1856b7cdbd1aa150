import type { BertConfig } from "../src/bert/config.js";
import type { TextDataset } from "../src/data/text-dataset.js";

/** The formula of {@link forwardFlops}, to be printed beside figures that rest on it. */
export const FLOP_FORMULA =
  "FLOPs of an example of n tokens, forward: (blocks - 1) · (n · (8H² + 4HF) + 4n²H) in the blocks before the last, " +
  "4nH² + 4H² + 4nH + 4HF in the last (keys and values of all tokens, the rest for <cls> alone), 2H² + 2HK in the " +
  "hidden and output layer; backward is twice that. Padding, embedding lookups, softmax, LayerNorm and the optimizer " +
  "count nothing; projections that tunebert gets around count all the same, so that a share may exceed 100 %.";

/**
 * The floating-point operations that classifying one example of `tokens` tokens takes when the last block is
 * computed for what the classifier reads, its first token, only. A multiply-add counts as two.
 * @param labels K
 */
export function forwardFlops({ hidden, ffn, blocks }: BertConfig, labels: number, tokens: number): number {
  const projection = 2 * hidden * hidden; // of one token: query, key, value or output
  const feedForward = 2 * 2 * hidden * ffn; // of one token
  const attention = 2 * 2 * tokens * hidden; // of one query: its scores, and the mixture of values
  const fullBlock = tokens * (4 * projection + feedForward + attention);
  const lastBlock = tokens * 2 * projection + 2 * projection + attention + feedForward;
  const head = projection + 2 * hidden * labels;
  return (blocks - 1) * fullBlock + lastBlock + head;
}

/** Forward and backward: each product is followed by one for either factor's gradient. */
export function trainingFlops(config: BertConfig, labels: number, tokens: number): number {
  return 3 * forwardFlops(config, labels, tokens);
}

/** The mean over a dataset's examples, each at its own length. */
export function meanFlops(
  flops: typeof forwardFlops,
  config: BertConfig,
  dataset: Pick<TextDataset, "size" | "length" | "labelNames">,
): number {
  let sum = 0;
  for (let i = 0; i < dataset.size; i++) sum += flops(config, dataset.labelNames.length, dataset.length(i));
  return sum / dataset.size;
}
