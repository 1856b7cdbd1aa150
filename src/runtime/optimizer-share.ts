import { Adam, type AdamState, type AdamStep } from "./adam.js";
import type { Moments } from "./moments.js";
import type { SharedParameter } from "./program.js";

/** Memory through which replicas exchange the gradients of one parameter. */
export interface ExchangedParameter {
  readonly parameter: SharedParameter;
  /** For each replica, the gradients that it has summed; laid out like the parameter. */
  readonly gradients: readonly Float32Array[];
  /** For a table fed by rows, and each replica: 1 where a row has received something. */
  readonly touched: readonly Uint8Array[] | undefined;
}

/** A parameter that the graph reads whole: what the replica itself holds of it. */
export interface WholeParameter {
  /** The replica's copy of the values. */
  readonly copy: Float32Array;
  /** The gradients that the replica has summed in this step. */
  readonly sum: Float32Array;
}

/** Rows are dealt to replicas in blocks of this many, since frequent rows cluster. */
const ROW_BLOCK = 64;

/**
 * One replica's share of the optimizer: a part of every parameter, for which it alone keeps Adam's moments. Only
 * what another replica has to know passes through shared memory, which is slow to copy.
 */
export class OptimizerShare {
  readonly #parameters: ReadonlyMap<string, ExchangedParameter>;
  readonly #rank: number;
  readonly #ranks: number;
  readonly #adam = new Adam();
  readonly #moments: Map<string, { mean: Float32Array; variance: Float32Array; live: Uint8Array }>;

  constructor(parameters: ReadonlyMap<string, ExchangedParameter>, rank: number, ranks: number) {
    this.#parameters = parameters;
    this.#rank = rank;
    this.#ranks = ranks;
    this.#moments = new Map(
      [...parameters].map(([name, { parameter, touched }]) => [
        name,
        {
          mean: new Float32Array(parameter.data.length),
          variance: new Float32Array(parameter.data.length),
          live: new Uint8Array(touched?.[0]?.length ?? 0),
        },
      ]),
    );
  }

  /** Hands the other replicas their parts of this replica's sums. */
  publish(whole: ReadonlyMap<string, WholeParameter>): void {
    for (const [name, { sum }] of whole) {
      const gradients = this.#parameters.get(name)!.gradients[this.#rank]!;
      for (const [start, end] of this.#othersRanges(sum.length))
        gradients.set(sum.subarray(start, end), start);
    }
  }

  /**
   * Moves this share of the parameters by the gradients of all replicas, added up in the order of the replicas.
   * Rows whose gradient and moments are all zero cannot move and are passed over.
   */
  update(whole: ReadonlyMap<string, WholeParameter>, step: AdamStep): void {
    for (const [name, exchanged] of this.#parameters) {
      const { mean, variance, live } = this.#moments.get(name)!;
      const own = whole.get(name);
      if (own) this.#updateWhole(exchanged, own, { parameter: own.copy, mean, variance }, step);
      else this.#updateRows(exchanged, { parameter: exchanged.parameter.data, mean, variance }, live, step);
    }
  }

  /** Takes over what the other replicas have moved. */
  collect(whole: ReadonlyMap<string, WholeParameter>): void {
    for (const [name, { copy }] of whole) {
      const { data } = this.#parameters.get(name)!.parameter;
      for (const [start, end] of this.#othersRanges(copy.length)) copy.set(data.subarray(start, end), start);
    }
  }

  /** Copies this share of the moments into whole tensors. */
  copyMoments(into: Moments): void {
    for (const [name, own] of this.#moments) {
      const { mean, variance } = into.get(name)!;
      for (const [start, end] of this.#ownRanges(name)) {
        mean.set(own.mean.subarray(start, end), start);
        variance.set(own.variance.subarray(start, end), start);
      }
    }
  }

  /** Takes this share of the moments over from whole tensors. Rows without moments lie still until a gradient comes. */
  takeMoments(from: Moments): void {
    for (const [name, own] of this.#moments) {
      const { mean, variance } = from.get(name)!;
      for (const [start, end] of this.#ownRanges(name)) {
        own.mean.set(mean.subarray(start, end), start);
        own.variance.set(variance.subarray(start, end), start);
      }
      const width = own.mean.length / own.live.length;
      own.live.forEach((_, row) => {
        const moves = (moment: Float32Array) => moment.subarray(row * width, (row + 1) * width).some(Boolean);
        own.live[row] = Number(moves(own.mean) || moves(own.variance));
      });
    }
  }

  #updateWhole(exchanged: ExchangedParameter, own: WholeParameter, state: AdamState, step: AdamStep): void {
    const [start, end] = this.#range(own.copy.length, this.#rank);
    const gradients = exchanged.gradients.map((gradient, rank) => (rank === this.#rank ? own.sum : gradient));
    this.#adam.update(state, gradients, step, start, end);
    exchanged.parameter.data.set(own.copy.subarray(start, end), start);
  }

  #updateRows(
    { gradients, touched }: ExchangedParameter,
    state: AdamState,
    live: Uint8Array,
    step: AdamStep,
  ): void {
    const width = state.parameter.length / live.length;
    for (const [block, end] of this.#rowBlocks(live.length)) {
      markLive(live, touched!, block, end);
      for (const [first, last] of stretches(live, block, end)) {
        this.#adam.update(state, gradients, step, first * width, last * width);
        for (const gradient of gradients) gradient.fill(0, first * width, last * width);
      }
    }
  }

  /** The elements of a parameter for which this replica keeps the moments. */
  #ownRanges(name: string): [number, number][] {
    const { mean, live } = this.#moments.get(name)!;
    if (live.length === 0) return [this.#range(mean.length, this.#rank)];
    const width = mean.length / live.length;
    return this.#rowBlocks(live.length).map(([start, end]) => [start * width, end * width]);
  }

  /** The rows of a table that are this replica's. */
  #rowBlocks(rows: number): [number, number][] {
    const blocks: [number, number][] = [];
    for (let start = this.#rank * ROW_BLOCK; start < rows; start += this.#ranks * ROW_BLOCK) {
      blocks.push([start, Math.min(start + ROW_BLOCK, rows)]);
    }
    return blocks;
  }

  #range(length: number, rank: number): [number, number] {
    return [Math.floor((length * rank) / this.#ranks), Math.floor((length * (rank + 1)) / this.#ranks)];
  }

  /** What lies before, and after, this replica's own range. */
  #othersRanges(length: number): [number, number][] {
    const [start, end] = this.#range(length, this.#rank);
    return [
      [0, start],
      [end, length],
    ];
  }
}

/** A row that has ever had a gradient may move in every step from then on. */
function markLive(live: Uint8Array, touched: readonly Uint8Array[], start: number, end: number): void {
  for (const rows of touched) {
    for (let row = start; row < end; row++) {
      if (rows[row]) {
        live[row] = 1;
        rows[row] = 0;
      }
    }
  }
}

/** Neighbouring live rows, as [first, last + 1]. */
function stretches(live: Uint8Array, start: number, end: number): [number, number][] {
  const found: [number, number][] = [];
  for (let row = start; row < end; row++) {
    if (!live[row]) continue;
    const previous = found.at(-1);
    if (previous?.[1] === row) previous[1] = row + 1;
    else found.push([row, row + 1]);
  }
  return found;
}
