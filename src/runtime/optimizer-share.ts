import { type AdamState, type AdamStep, adamUpdate } from "./adam.js";
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
  parameters: Iterable<OptimizedParameter>,
  step: AdamStep,
  rank: number,
  ranks: number,
): void {
  for (const parameter of parameters) {
    if (parameter.live) updateRows(parameter, parameter.live, step, rank, ranks);
    else updateRange(parameter, step, ...rangeOf(parameter.state.parameter.length, rank, ranks));
  }
}

function updateRows(
  parameter: OptimizedParameter,
  live: Uint8Array,
  step: AdamStep,
  rank: number,
  ranks: number,
): void {
  const width = parameter.state.parameter.length / live.length;
  for (let block = rank * ROW_BLOCK; block < live.length; block += ranks * ROW_BLOCK) {
    const end = Math.min(block + ROW_BLOCK, live.length);
    for (let row = block; row < end; row++) {
      for (const { touched } of parameter.gradients) {
        if (touched![row]) {
          live[row] = 1;
          touched![row] = 0;
        }
      }
      if (live[row]) updateRange(parameter, step, row * width, (row + 1) * width);
    }
  }
}

function updateRange(
  { state, gradients }: OptimizedParameter,
  step: AdamStep,
  start: number,
  end: number,
): void {
  const sum = gradients[0]!.data;
  for (const { data } of gradients.slice(1)) {
    for (let i = start; i < end; i++) sum[i] = sum[i]! + data[i]!;
    data.fill(0, start, end);
  }
  adamUpdate(state, sum, step, start, end);
  sum.fill(0, start, end);
}

function rangeOf(length: number, rank: number, ranks: number): [number, number] {
  return [Math.floor((length * rank) / ranks), Math.floor((length * (rank + 1)) / ranks)];
}
