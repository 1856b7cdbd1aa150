import type { Adam } from "./adam.js";
import type { MomentPair } from "./moments.js";
import type { SharedParameter } from "./program.js";

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

/** How many rows of a table are a replica's. */
export function countRows(rows: number, rank: number, ranks: number): number {
  return rowBlocks(rows, rank, ranks).reduce((count, [start, end]) => count + end - start, 0);
}

/**
 * One replica's rows of a table. Rows whose gradient and moments are all zero lie still: the most that they do is
 * decay. A row that has ever had a gradient lives, and may move in every step from then on. The moments of those
 * that live lie close together, so that the kernels run through them all at once.
 */
export class TableShare {
  readonly #table: ExchangedTable;
  readonly #width: number;
  readonly #blocks: readonly [number, number][];
  readonly #adam: Adam;
  readonly #moments: MomentPair;
  /** For each row of the table: 1 where it is this replica's and lives. */
  readonly #live: Uint8Array;
  /** The rows that live, in the order of their moments. */
  readonly #rows: Int32Array;
  #count = 0;

  /** @param moments as many as this replica's rows need; zeros */
  constructor(table: ExchangedTable, rank: number, ranks: number, adam: Adam, moments: MomentPair) {
    const { data, shape } = table.parameter;
    this.#table = table;
    this.#width = shape.at(-1)!;
    this.#blocks = rowBlocks(data.length / this.#width, rank, ranks);
    this.#adam = adam;
    this.#moments = moments;
    this.#live = new Uint8Array(data.length / this.#width);
    this.#rows = new Int32Array(moments.mean.length / this.#width);
  }

  /** The sums of the squares of this step's gradients, for each stretch of rows that live. */
  *squares(): Generator<number> {
    this.#wake();
    const { gradient } = this.#adam;
    for (const [start, end] of this.#blocks) {
      let squares = 0;
      for (let row = start; row < end; row++) {
        if (!this.#live[row]) {
          if (squares > 0) yield squares;
          squares = 0;
        } else if (this.#addGradients(row, 0)) {
          for (let i = 0; i < this.#width; i++) squares += gradient[i]! * gradient[i]!;
          gradient.fill(0, 0, this.#width);
        }
      }
      yield squares;
    }
  }

  /** Takes the step that Adam has begun: moves the rows by their gradients, of which it leaves zeros. */
  update(): void {
    this.#wake();
    this.#decayStill();
    const { data } = this.#table.parameter;
    const { parameter, chunk } = this.#adam;
    const width = this.#width;
    const atOnce = Math.floor(chunk / width / 4) * 4;
    for (let first = 0; first < this.#count; first += atOnce) {
      const rows = this.#rows.subarray(first, Math.min(first + atOnce, this.#count));
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        parameter.set(data.subarray(row * width, (row + 1) * width), i * width);
        if (this.#addGradients(row, i * width)) this.#clearGradients(row);
      }
      this.#adam.move(this.#moments, first * width, rows.length * width);
      for (let i = 0; i < rows.length; i++) {
        data.set(parameter.subarray(i * width, (i + 1) * width), rows[i]! * width);
      }
    }
  }

  /** Copies this replica's rows of the moments into whole tensors. */
  copyMoments(into: MomentPair): void {
    const width = this.#width;
    for (const [start, end] of this.#blocks) {
      into.mean.fill(0, start * width, end * width);
      into.variance.fill(0, start * width, end * width);
    }
    for (let i = 0; i < this.#count; i++) {
      const to = this.#rows[i]! * width;
      into.mean.set(this.#moments.mean.subarray(i * width, (i + 1) * width), to);
      into.variance.set(this.#moments.variance.subarray(i * width, (i + 1) * width), to);
    }
  }

  /** Takes this replica's rows of the moments over from whole tensors. Rows without any lie still. */
  takeMoments({ mean, variance }: MomentPair): void {
    const width = this.#width;
    this.#live.fill(0);
    this.#count = 0;
    this.#moments.mean.fill(0);
    this.#moments.variance.fill(0);
    for (const [start, end] of this.#blocks) {
      for (let row = start; row < end; row++) {
        const ofRow = [mean, variance].map((moment) => moment.subarray(row * width, (row + 1) * width));
        if (!ofRow.some((moment) => moment.some(Boolean))) continue;
        this.#moments.mean.set(ofRow[0]!, this.#count * width);
        this.#moments.variance.set(ofRow[1]!, this.#count * width);
        this.#add(row);
      }
    }
  }

  /** Lets the rows live that have their first gradient. */
  #wake(): void {
    for (const touched of this.#table.touched) {
      for (const [start, end] of this.#blocks) {
        for (let row = start; row < end; row++) if (touched[row] && !this.#live[row]) this.#add(row);
      }
    }
  }

  #add(row: number): void {
    this.#live[row] = 1;
    this.#rows[this.#count++] = row;
  }

  #decayStill(): void {
    const { data } = this.#table.parameter;
    const width = this.#width;
    if (!this.#adam.decays) return;
    for (const [start, end] of this.#blocks) {
      let from = start;
      for (let row = start; row <= end; row++) {
        if (row < end && !this.#live[row]) continue;
        this.#adam.decay(data, from * width, row * width);
        from = row + 1;
      }
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
