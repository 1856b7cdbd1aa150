import { dealOut } from "./deal-out.js";
import type { PairDataset } from "./pair-dataset.js";

/** Examples of a batch that run together, padded to the longest of them. */
export interface MicroBatch {
  /** (B) their indices in the dataset */
  readonly examples: Int32Array;
  /** T */
  readonly length: number;
  /** (U) the distinct token ids that occur */
  readonly distinct: Int32Array;
  /** [T, B] places in `distinct`; padding takes the first */
  readonly tokens: Int32Array;
  /** (B) tokens of each example, `<cls>` and both `<sep>` included */
  readonly lengths: Int32Array;
  /** (B) how many of them are of segment 0 */
  readonly premiseLengths: Int32Array;
  /** (B) -1 for none */
  readonly labels: Int32Array;
}

export interface MicroBatchOptions {
  /** How many replicas share the work. */
  readonly replicas: number;
  /** Most tokens, padding included, in a micro-batch that holds more than one example. */
  readonly maxTokens: number;
  /** What a micro-batch of `size` examples, padded to `length` tokens, costs; in any unit. */
  readonly cost: (size: number, length: number) => number;
}

/** Examples from `start` up to `end` of a list sorted by length. */
type Cut = readonly [start: number, end: number];

/** Upper bounds on micro-batches that are tried: the batch in as many parts for each replica. */
const PARTS = [1, 2, 3, 4];

/**
 * Splits a batch into micro-batches of similar length and deals them out to replicas. Among all ways to cut
 * the examples, sorted by length, into groups under an upper bound, takes the cheapest; among several bounds,
 * the one with which the last replica finishes first.
 * @param examples indices in the dataset
 * @returns the micro-batches of each replica
 */
export function microBatches(
  dataset: PairDataset,
  examples: Int32Array,
  { replicas, maxTokens, cost }: MicroBatchOptions,
): MicroBatch[][] {
  const sorted = examples.slice().sort((a, b) => dataset.length(a) - dataset.length(b) || a - b);
  const lengths = sorted.map((i) => dataset.length(i));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const plans = PARTS.map((parts) => {
    const limit = Math.min(maxTokens, Math.ceil((total / replicas / parts) * 1.05));
    const cuts = cheapestCuts(lengths, limit, cost);
    const costs = cuts.map(([start, end]) => cost(end - start, lengths[end - 1]!));
    const hands = dealOut(costs, replicas);
    const loads = hands.map((hand) => hand.reduce((sum, i) => sum + costs[i]!, 0));
    return { cuts, hands, last: Math.max(...loads) };
  });
  const { cuts, hands } = plans.reduce((best, plan) => (plan.last < best.last ? plan : best));
  return hands.map((hand) => hand.map((i) => assemble(dataset, sorted.subarray(...cuts[i]!))));
}

/** Dynamic programme over the end of the last group; lengths ascend. */
function cheapestCuts(lengths: Int32Array, limit: number, costOf: MicroBatchOptions["cost"]): Cut[] {
  const n = lengths.length;
  const cheapest = new Float64Array(n + 1);
  const startOf = new Int32Array(n + 1);
  for (let end = 1; end <= n; end++) {
    const length = lengths[end - 1]!;
    cheapest[end] = Number.POSITIVE_INFINITY;
    for (let start = end - 1; start >= 0; start--) {
      const size = end - start;
      if (size * length > limit && size > 1) break;
      const cost = cheapest[start]! + costOf(size, length);
      if (cost < cheapest[end]!) {
        cheapest[end] = cost;
        startOf[end] = start;
      }
    }
  }
  const cuts: Cut[] = [];
  for (let end = n; end > 0; end = startOf[end]!) cuts.push([startOf[end]!, end]);
  return cuts.reverse();
}

function assemble(dataset: PairDataset, examples: Int32Array): MicroBatch {
  const size = examples.length;
  const lengths = examples.map((i) => dataset.length(i));
  const length = lengths.reduce((longest, l) => Math.max(longest, l), 0);
  const places = new Map<number, number>();
  const tokens = new Int32Array(length * size); // [T, B]
  for (let b = 0; b < size; b++) {
    const ids = dataset.ids(examples[b]!);
    for (let t = 0; t < ids.length; t++) {
      let place = places.get(ids[t]!);
      if (place === undefined) {
        place = places.size;
        places.set(ids[t]!, place);
      }
      tokens[t * size + b] = place;
    }
  }
  return {
    examples,
    length,
    distinct: Int32Array.from(places.keys()),
    tokens,
    lengths,
    premiseLengths: examples.map((i) => dataset.premiseLengths[i]!),
    labels: examples.map((i) => dataset.labels[i]!),
  };
}
