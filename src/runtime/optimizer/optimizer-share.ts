import { rowWidth, type SharedParameter } from "../program.js";
import { required } from "../required.js";
import { Adam, type AdamStep } from "./adam.js";
import type { MomentPair, Moments } from "./moments.js";
import { rowStride } from "./row-moments.js";
import { type ExchangedTable, momentsLength, TableShare } from "./table-share.js";

/** Memory through which replicas exchange the gradients of one parameter. */
export interface ExchangedParameter {
  readonly parameter: SharedParameter;
  /** For each replica, the gradients that it has summed; laid out like the parameter. */
  readonly gradients: readonly Float32Array[];
  /** For a table fed by rows, and each replica: 1 where a row has received something. */
  readonly touched: readonly Uint8Array[] | undefined;
  /** Whether weight decay is for it. */
  readonly decays: boolean;
}

/** A parameter that the graph reads whole: what the replica itself holds of it. */
export interface WholeParameter {
  /** The replica's copy of the values. */
  readonly copy: Float32Array;
  /** The gradients that the replica has summed in this step. */
  readonly sum: Float32Array;
}

/** Which share it is. */
export interface ShareOptions {
  readonly rank: number;
  readonly ranks: number;
  /** Default: no. */
  readonly areSummed?: boolean | undefined;
}

/**
 * One replica's share of the optimizer: a part of every parameter, for which it alone keeps Adam's moments. Only
 * what another replica has to know passes through shared memory, which is slow to copy.
 */
export class OptimizerShare {
  readonly #parameters: ReadonlyMap<string, ExchangedParameter>;
  readonly #rank: number;
  readonly #ranks: number;
  /** Whether gradients come summed over all replicas, those of other processes too, instead of by replica. */
  readonly #areSummed: boolean;
  readonly #adam: Adam;
  /** This share of the parameters that the graph reads whole: one range of each. */
  readonly #moments = new Map<string, MomentPair>();
  readonly #tables = new Map<string, TableShare>();

  /** @throws TunebertError when the moments of one share are more than a thread can hold */
  constructor(
    kernels: WebAssembly.Module,
    parameters: ReadonlyMap<string, ExchangedParameter>,
    { rank, ranks, areSummed = false }: ShareOptions,
  ) {
    this.#parameters = parameters;
    this.#rank = rank;
    this.#ranks = ranks;
    this.#areSummed = areSummed;
    const all = [...parameters.values()];
    const lengths = all.map((exchanged) => this.#ownLength(exchanged));
    const adam = new Adam(kernels, lengths, Math.max(0, ...all.filter(isTable).map(longestRow)));
    this.#adam = adam;
    [...parameters].forEach(([name, exchanged], i) => {
      const moments = required(adam.moments[i], name);
      if (isTable(exchanged)) this.#tables.set(name, new TableShare(exchanged, rank, ranks, adam, moments));
      else this.#moments.set(name, moments);
    });
  }

  /** Hands the other replicas their parts of this replica's sums. */
  publish(whole: ReadonlyMap<string, WholeParameter>): void {
    for (const [name, { sum }] of whole) {
      const gradients = required(this.#exchanged(name).gradients[this.#rank], name);
      for (const [start, end] of this.#othersRanges(sum.length))
        gradients.set(sum.subarray(start, end), start);
    }
  }

  /**
   * The sum of the squares of a part of this share of all gradients, once those of all replicas are added up. In parts, a share's
   * is that of as many smaller shares, to the bit where there is one.
   */
  sumOfSquares(whole: ReadonlyMap<string, WholeParameter>, part = 0, parts = 1): number {
    let total = 0;
    for (const name of this.#parameters.keys()) {
      const own = whole.get(name);
      if (own) {
        const range = rangeOf(own.copy.length, this.#rank * parts + part, this.#ranks * parts);
        total += this.#adam.sumOfSquares(this.#gradients(name, own), ...range);
      } else
        for (const squares of required(this.#tables.get(name), name).squares(part, parts)) total += squares;
    }
    return total;
  }

  /** Moves this share of the parameters by the gradients of all replicas, added up in the order of the replicas. */
  update(whole: ReadonlyMap<string, WholeParameter>, step: AdamStep): void {
    for (const [name, { parameter, decays }] of this.#parameters) {
      const { data } = parameter;
      this.#adam.begin(decays ? step : { ...step, weightDecay: 0 });
      const own = whole.get(name);
      if (!own) required(this.#tables.get(name), name).update();
      else {
        const [gradients, moments] = [this.#gradients(name, own), required(this.#moments.get(name), name)];
        this.#adam.moveRange([own.copy, data], gradients, moments, ...this.#ownRange(own));
      }
    }
  }

  /** Takes over what the other replicas have moved. */
  collect(whole: ReadonlyMap<string, WholeParameter>): void {
    for (const [name, { copy }] of whole) {
      const { data } = this.#exchanged(name).parameter;
      for (const [start, end] of this.#othersRanges(copy.length)) copy.set(data.subarray(start, end), start);
    }
  }

  /** Copies this share of the moments into whole tensors. */
  copyMoments(into: Moments): void {
    for (const [name, table] of this.#tables) table.copyMoments(required(into.get(name), name));
    for (const [name, own] of this.#moments) {
      const { mean, variance } = required(into.get(name), name);
      const [start] = this.#range(mean.length, this.#rank);
      mean.set(own.mean, start);
      variance.set(own.variance, start);
    }
  }

  /** Takes this share of the moments over from whole tensors. */
  takeMoments(from: Moments): void {
    for (const [name, table] of this.#tables) table.takeMoments(required(from.get(name), name));
    for (const [name, own] of this.#moments) {
      const { mean, variance } = required(from.get(name), name);
      const range = this.#range(mean.length, this.#rank);
      own.mean.set(mean.subarray(...range));
      own.variance.set(variance.subarray(...range));
    }
  }

  /** The gradients of all replicas in this replica's range. */
  #gradients(name: string, own: WholeParameter): Float32Array[] {
    const { gradients } = this.#exchanged(name);
    if (this.#areSummed) return [...gradients];
    return gradients.map((gradient, rank) => (rank === this.#rank ? own.sum : gradient));
  }

  #exchanged(name: string): ExchangedParameter {
    return required(this.#parameters.get(name), name);
  }

  #ownRange({ copy }: WholeParameter): [number, number] {
    return this.#range(copy.length, this.#rank);
  }

  /** Of how many elements of a parameter this replica keeps the moments. */
  #ownLength(exchanged: ExchangedParameter): number {
    const { parameter } = exchanged;
    if (isTable(exchanged)) return momentsLength(parameter, this.#rank, this.#ranks);
    const [start, end] = this.#range(parameter.data.length, this.#rank);
    return end - start;
  }

  #range(length: number, rank: number): [number, number] {
    return rangeOf(length, rank, this.#ranks);
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

function rangeOf(length: number, rank: number, ranks: number): [number, number] {
  return [Math.floor((length * rank) / ranks), Math.floor((length * (rank + 1)) / ranks)];
}

function isTable(exchanged: ExchangedParameter): exchanged is ExchangedParameter & ExchangedTable {
  return exchanged.touched !== undefined;
}

function longestRow({ parameter }: ExchangedTable): number {
  return rowStride(rowWidth(parameter));
}
