import { rowWidth, type SharedParameter } from "../program.js";
import type { Adam } from "./adam.js";
import type { MomentPair } from "./moments.js";
import { RowMoments, rowStride } from "./row-moments.js";

/** A table fed by rows, and memory through which replicas exchange its gradients. */
export interface ExchangedTable {
  readonly parameter: SharedParameter;
  /** For each replica, the gradients that it has summed; laid out like the table. */
  readonly gradients: readonly Float32Array[];
  /** For each replica: 1 where a row has received something. */
  readonly touched: readonly Uint8Array[];
}

/** Rows are dealt to replicas in blocks of this many, since frequent rows cluster. */
const ROW_BLOCK = 64;

/** How many elements the moments of a replica's rows of a table take. */
export function momentsLength(table: SharedParameter, rank: number, ranks: number): number {
  const width = rowWidth(table);
  const blocks = rowBlocks(table.data.length / width, rank, ranks);
  return blocks.reduce((rows, [start, end]) => rows + end - start, 0) * rowStride(width);
}

/**
 * One replica's rows of a table, of which a step moves those that are active, as {@link RowMoments} says; the most
 * that it does to the others is to let them decay. Indexes are not checked in its loops, which run through all rows.
 */
export class TableShare {
  readonly #table: ExchangedTable;
  readonly #width: number;
  readonly #blocks: readonly [number, number][];
  readonly #adam: Adam;
  readonly #moments: RowMoments;

  /** @param moments as many zeros as {@link momentsLength} says */
  constructor(table: ExchangedTable, rank: number, ranks: number, adam: Adam, moments: MomentPair) {
    const { data } = table.parameter;
    const width = rowWidth(table.parameter);
    this.#table = table;
    this.#width = width;
    this.#blocks = rowBlocks(data.length / width, rank, ranks);
    this.#adam = adam;
    this.#moments = new RowMoments(adam, moments, data.length / width, width);
  }

  /** The sums of the squares of this step's gradients, for each block of a part of the rows. */
  *squares(part = 0, parts = 1): Generator<number> {
    const { gradient } = this.#adam;
    for (const [start, end] of this.#blocks.filter((_, i) => i % parts === part)) {
      let squares = 0;
      for (let row = start; row < end; row++) {
        if (!this.#addGradients(row, 0)) continue;
        for (let i = 0; i < this.#width; i++) squares += gradient[i]! * gradient[i]!;
        gradient.fill(0, 0, this.#width);
      }
      yield squares;
    }
  }

  /** Takes the step that Adam has begun: moves the rows by their gradients, of which it leaves zeros. */
  update(): void {
    this.#activateTouched();
    this.#decayOthers();
    const atOnce = Math.floor(this.#adam.chunk / rowStride(this.#width));
    const { active } = this.#moments;
    for (let first = 0; first < active.length; first += atOnce) {
      this.#move(first, active.subarray(first, first + atOnce));
    }
    this.#moments.endStep();
  }

  /** Copies this replica's rows of the moments into whole tensors. */
  copyMoments(into: MomentPair): void {
    for (const row of this.#rows()) this.#moments.copy(row, into);
  }

  /** Takes this replica's rows of the moments over from whole tensors. */
  takeMoments(from: MomentPair): void {
    this.#moments.clear();
    for (const row of this.#rows()) this.#moments.set(row, from);
  }

  *#rows(): Generator<number> {
    for (const [start, end] of this.#blocks) for (let row = start; row < end; row++) yield row;
  }

  #activateTouched(): void {
    const moments = this.#moments;
    for (const touched of this.#table.touched) {
      for (const [start, end] of this.#blocks) {
        for (let row = start; row < end; row++)
          if (touched[row] && !moments.isActive(row)) moments.activate(row);
      }
    }
  }

  /** Does to rows that are not active all that a step does to them at once. */
  #decayOthers(): void {
    const { data } = this.#table.parameter;
    const width = this.#width;
    if (!this.#adam.decays) return;
    for (const [start, end] of this.#blocks) {
      let from = start;
      for (let row = start; row <= end; row++) {
        if (row < end && !this.#moments.isActive(row)) continue;
        this.#adam.decay(data, from * width, row * width);
        from = row + 1;
      }
    }
  }

  /** Moves some of the active rows, beginning with the `first`. */
  #move(first: number, rows: Int32Array): void {
    const { data } = this.#table.parameter;
    const { parameter } = this.#adam;
    const width = this.#width;
    const stride = rowStride(width);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      parameter.set(data.subarray(row * width, (row + 1) * width), i * stride);
      if (this.#addGradients(row, i * stride)) this.#clearGradients(row);
    }
    this.#moments.move(first, rows.length);
    for (let i = 0; i < rows.length; i++) {
      data.set(parameter.subarray(i * stride, i * stride + width), rows[i]! * width);
    }
  }

  /**
   * Adds the gradients of all replicas to Adam's, from `at` on, in the order of the replicas.
   * @returns whether there are any
   */
  #addGradients(row: number, at: number): boolean {
    const { gradients, touched } = this.#table;
    const sum = this.#adam.gradient;
    const from = row * this.#width;
    let any = false;
    for (let rank = 0; rank < gradients.length; rank++) {
      if (!touched[rank]![row]) continue;
      const gradient = gradients[rank]!;
      for (let i = 0; i < this.#width; i++) sum[at + i] = sum[at + i]! + gradient[from + i]!;
      any = true;
    }
    return any;
  }

  #clearGradients(row: number): void {
    const { gradients, touched } = this.#table;
    const width = this.#width;
    for (let rank = 0; rank < gradients.length; rank++) {
      if (!touched[rank]![row]) continue;
      gradients[rank]!.fill(0, row * width, (row + 1) * width);
      touched[rank]![row] = 0;
    }
  }
}

/** A replica's rows of a table, as [first, last + 1]. */
function rowBlocks(rows: number, rank: number, ranks: number): [number, number][] {
  const blocks: [number, number][] = [];
  for (let start = rank * ROW_BLOCK; start < rows; start += ranks * ROW_BLOCK) {
    blocks.push([start, Math.min(start + ROW_BLOCK, rows)]);
  }
  return blocks;
}
