import type { Adam, AdamState, AdamStep } from "./adam.js";
import type { GradientSum } from "./replica.js";

/** Everything about one parameter that the optimizer reads and writes, in memory shared by all replicas. */
export interface OptimizedParameter {
  readonly state: AdamState;
  /** One sum per replica, added up in this order. */
  readonly gradients: readonly GradientSum[];
  /** For a table fed by rows: 1 where a row has ever had a gradient, and so may move. */
  readonly live: Uint8Array | undefined;
}

/** Rows are dealt to replicas in blocks of this many, since frequent rows cluster. */
const ROW_BLOCK = 64;

/**
 * Does one replica's share of an optimizer step: sums the gradients of all replicas, updates the parameters and
 * clears the sums. Rows whose gradient and moments are all zero cannot move and are passed over.
 */
export function updateShare(
  adam: Adam,
  parameters: Iterable<OptimizedParameter>,
  step: AdamStep,
  rank: number,
  ranks: number,
): void {
  for (const { state, gradients, live } of parameters) {
    const sums = gradients.map(({ data }) => data);
    for (const [start, end] of live
      ? liveRanges(live, gradients, state.parameter.length / live.length, rank, ranks)
      : [rangeOf(state.parameter.length, rank, ranks)]) {
      adam.update(state, sums, step, start, end);
      for (const sum of sums) sum.fill(0, start, end);
    }
  }
}

/** The runs of neighbouring rows that can move, among the blocks of one rank; marks and clears as it goes. */
function* liveRanges(
  live: Uint8Array,
  gradients: readonly GradientSum[],
  width: number,
  rank: number,
  ranks: number,
): Generator<[number, number]> {
  for (let block = rank * ROW_BLOCK; block < live.length; block += ranks * ROW_BLOCK) {
    const end = Math.min(block + ROW_BLOCK, live.length);
    let start = -1;
    for (let row = block; row < end; row++) {
      for (const { touched } of gradients) {
        if (touched![row]) {
          live[row] = 1;
          touched![row] = 0;
        }
      }
      if (live[row] && start < 0) start = row;
      if (!live[row] && start >= 0) {
        yield [start * width, row * width];
        start = -1;
      }
    }
    if (start >= 0) yield [start * width, end * width];
  }
}

function rangeOf(length: number, rank: number, ranks: number): [number, number] {
  return [Math.floor((length * rank) / ranks), Math.floor((length * (rank + 1)) / ranks)];
}
