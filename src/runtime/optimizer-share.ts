import { Adam, type AdamState, type AdamStep, decay } from "./adam.js";
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

  /** The sum of the squares of this share of all gradients, once those of all replicas are added up. */
  sumOfSquares(whole: ReadonlyMap<string, WholeParameter>): number {
    let squares = 0;
    for (const [name, exchanged] of this.#parameters) {
      const own = whole.get(name);
      if (!own) this.#markLive(name);
      const gradients = own ? this.#gradients(exchanged, own) : exchanged.gradients;
      const ranges = own ? this.#ownRanges(name) : this.#rowRanges(name, "live");
      for (const [start, end] of ranges) squares += this.#adam.sumOfSquares(gradients, start, end);
    }
    return squares;
  }

  /**
   * Moves this share of the parameters by the gradients of all replicas, added up in the order of the replicas.
   * Weight decay is for matrices and tables; vectors, which are biases and those of LayerNorm, are spared.
   */
  update(whole: ReadonlyMap<string, WholeParameter>, step: AdamStep): void {
    for (const [name, exchanged] of this.#parameters) {
      const { mean, variance } = this.#moments.get(name)!;
      const own = whole.get(name);
      const { shape, data } = exchanged.parameter;
      const decaying = shape.length > 1 ? step : { ...step, weightDecay: 0 };
      if (own) this.#updateWhole(name, own, { parameter: own.copy, mean, variance }, decaying);
      else this.#updateRows(name, { parameter: data, mean, variance }, decaying);
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

  #updateWhole(name: string, own: WholeParameter, state: AdamState, step: AdamStep): void {
    const exchanged = this.#parameters.get(name)!;
    const [start, end] = this.#range(own.copy.length, this.#rank);
    this.#adam.update(state, this.#gradients(exchanged, own), step, start, end);
    exchanged.parameter.data.set(own.copy.subarray(start, end), start);
  }

  /** Rows whose gradient and moments are all zero do not move; the most that they do is decay. */
  #updateRows(name: string, state: AdamState, step: AdamStep): void {
    const { gradients } = this.#parameters.get(name)!;
    this.#markLive(name);
    for (const [start, end] of this.#rowRanges(name, "live")) {
      this.#adam.update(state, gradients, step, start, end);
      for (const gradient of gradients) gradient.fill(0, start, end);
    }
    if (!step.weightDecay) return;
    for (const [start, end] of this.#rowRanges(name, "still")) decay(state.parameter, step, start, end);
  }

  /** The gradients of all replicas in this replica's range. */
  #gradients({ gradients }: ExchangedParameter, own: WholeParameter): Float32Array[] {
    return gradients.map((gradient, rank) => (rank === this.#rank ? own.sum : gradient));
  }

  /** A row that has ever had a gradient may move in every step from then on. */
  #markLive(name: string): void {
    const { live } = this.#moments.get(name)!;
    for (const rows of this.#parameters.get(name)!.touched!) {
      for (const [start, end] of this.#rowBlocks(live.length)) {
        for (let row = start; row < end; row++) {
          if (rows[row]) {
            live[row] = 1;
            rows[row] = 0;
          }
        }
      }
    }
  }

  /** The elements of this replica's rows that may move, or of those that do not. */
  #rowRanges(name: string, kind: "live" | "still"): [number, number][] {
    const { mean, live } = this.#moments.get(name)!;
    const width = mean.length / live.length;
    const wanted = kind === "live" ? 1 : 0;
    return this.#rowBlocks(live.length)
      .flatMap(([start, end]) => stretches(live, wanted, start, end))
      .map(([first, last]) => [first * width, last * width]);
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

/** Neighbouring rows that are marked so, as [first, last + 1]. */
function stretches(live: Uint8Array, mark: number, start: number, end: number): [number, number][] {
  const found: [number, number][] = [];
  for (let row = start; row < end; row++) {
    if (live[row] !== mark) continue;
    const previous = found.at(-1);
    if (previous?.[1] === row) previous[1] = row + 1;
    else found.push([row, row + 1]);
  }
  return found;
}
