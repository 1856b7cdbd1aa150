import { type Adam, wholeVectors } from "./adam.js";
import type { MomentPair } from "./moments.js";

/** How often to look for rows that have become idle, in steps; nothing but time depends on it. */
const IDLE_CHECK_EVERY = 64;

/** The slot of an untouched row. */
const NONE = -1;

/** How many elements the moments of a row take: a row begins where the kernels can. */
export function rowStride(width: number): number {
  return wholeVectors(width);
}

/**
 * Adam's moments of rows of a table, updated lazily. A row is *untouched* until its first gradient: its moments are zero.
 * Then it is *active*, and may move in every step. Hundreds of steps after its last gradient its mean has become zero,
 * and it is *idle* until the next: all that a step does is to let its variance decay, which is made up for when it is
 * activated or copied. The bits are those of rows that are always active.
 *
 * The moments of active rows lie side by side, so that the kernels run through them all at once. Those of idle rows
 * follow, then the zeros of untouched rows. Whoever asks for a row, in loops over a whole table, asks for one that
 * there is: indexes are not checked.
 */
export class RowMoments {
  readonly #adam: Adam;
  readonly #moments: MomentPair;
  readonly #width: number;
  readonly #stride: number;
  /** For each row of the table: the place of its moments, counted in rows, if it has any. */
  readonly #slots: Int32Array;
  /** The rows that have a slot, in the order of the slots. */
  readonly #rows: Int32Array;
  /** For each idle row of the table: how many steps its variance has had. */
  readonly #stepsHad: Int32Array;
  #active = 0;
  #used = 0;
  #steps = 0;

  /** @param moments zeros, for as many rows as can ever be active */
  constructor(adam: Adam, moments: MomentPair, tableRows: number, width: number) {
    this.#adam = adam;
    this.#moments = moments;
    this.#width = width;
    this.#stride = rowStride(width);
    this.#slots = new Int32Array(tableRows).fill(NONE);
    this.#rows = new Int32Array(moments.mean.length / this.#stride);
    this.#stepsHad = new Int32Array(tableRows);
  }

  /** The active rows, in the order of their moments; valid until another becomes active or idle. */
  get active(): Int32Array {
    return this.#rows.subarray(0, this.#active);
  }

  isActive(row: number): boolean {
    const slot = this.#slots[row]!;
    return slot !== NONE && slot < this.#active;
  }

  /** Makes a row active that is not. */
  activate(row: number): void {
    if (this.#slots[row] === NONE) this.#take(row);
    else this.#catchUp(row);
    this.#swap(this.#slots[row]!, this.#active++);
  }

  /** Moves some of the active rows, which Adam holds, each a stride after the other. */
  move(first: number, count: number): void {
    this.#adam.move(this.#moments, first * this.#stride, count * this.#stride);
  }

  /** Counts a step in which all active rows have moved. */
  endStep(): void {
    this.#steps++;
    if (this.#steps % IDLE_CHECK_EVERY === 0) this.#retire();
  }

  /** Copies the moments of a row into whole tensors. */
  copy(row: number, into: MomentPair): void {
    const [start, end] = [row * this.#width, (row + 1) * this.#width];
    const slot = this.#slots[row]!;
    if (slot === NONE) {
      into.mean.fill(0, start, end);
      into.variance.fill(0, start, end);
      return;
    }
    if (slot >= this.#active) this.#catchUp(row);
    const own = this.#at(slot);
    into.mean.set(own.mean.subarray(0, this.#width), start);
    into.variance.set(own.variance.subarray(0, this.#width), start);
  }

  /** Forgets all moments: every row is untouched. */
  clear(): void {
    this.#moments.mean.fill(0);
    this.#moments.variance.fill(0);
    this.#slots.fill(NONE);
    this.#active = 0;
    this.#used = 0;
  }

  /** Takes the moments of an untouched row over from whole tensors. If it has any, it becomes active. */
  set(row: number, from: MomentPair): void {
    const [start, end] = [row * this.#width, (row + 1) * this.#width];
    const [mean, variance] = [from.mean.subarray(start, end), from.variance.subarray(start, end)];
    if (isZero(mean) && isZero(variance)) return;
    this.activate(row);
    const own = this.#at(this.#slots[row]!);
    own.mean.set(mean);
    own.variance.set(variance);
  }

  /** Gives an untouched row a slot, behind all others. */
  #take(row: number): void {
    this.#slots[row] = this.#used;
    this.#rows[this.#used++] = row;
  }

  /** Makes the active rows idle whose means are zero. */
  #retire(): void {
    for (let slot = this.#active - 1; slot >= 0; slot--) {
      if (!isZero(this.#at(slot).mean)) continue;
      this.#stepsHad[this.#rows[slot]!] = this.#steps;
      this.#swap(slot, --this.#active);
    }
  }

  /** Lets the variance of an idle row decay as often as it has missed a step. */
  #catchUp(row: number): void {
    const missed = this.#steps - this.#stepsHad[row]!;
    this.#adam.decayVariance(this.#moments, this.#slots[row]! * this.#stride, this.#stride, missed);
    this.#stepsHad[row] = this.#steps;
  }

  #swap(one: number, other: number): void {
    if (one === other) return;
    const [a, b] = [this.#at(one), this.#at(other)];
    swapContents(a.mean, b.mean);
    swapContents(a.variance, b.variance);
    const [rowOfOne, rowOfOther] = [this.#rows[one]!, this.#rows[other]!];
    this.#rows[one] = rowOfOther;
    this.#rows[other] = rowOfOne;
    this.#slots[rowOfOther] = one;
    this.#slots[rowOfOne] = other;
  }

  #at(slot: number): MomentPair {
    const [start, end] = [slot * this.#stride, (slot + 1) * this.#stride];
    const { mean, variance } = this.#moments;
    return { mean: mean.subarray(start, end), variance: variance.subarray(start, end) };
  }
}

function isZero(array: Float32Array): boolean {
  return array.every((x) => x === 0);
}

function swapContents(a: Float32Array, b: Float32Array): void {
  const kept = a.slice();
  a.set(b);
  b.set(kept);
}
