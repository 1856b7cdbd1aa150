import { concatenate } from "../concatenate.js";
import { allGather, bytesOf, type Collective, Scratch, sumOverRanks } from "./collective.js";
import type { Engine, RunOutputs } from "./engine.js";
import type { AdamStep } from "./optimizer/adam.js";
import type { Moments } from "./optimizer/moments.js";
import type { ExchangedParameter } from "./optimizer/optimizer-share.js";
import { type Run, rowWidth } from "./program.js";
import { required } from "./required.js";
import type { WorkSeconds } from "./work-seconds.js";

/** An engine whose gradients of a step can be summed with those of others before they are used. */
export interface SummingEngine extends Engine {
  /** The sums over this engine's lanes, in memory that {@link Engine.update} reads: what is written there is what it uses. */
  sumLanes(): Promise<readonly ExchangedParameter[]>;
}

/**
 * The engines of several processes as one: each runs its own lanes of what all have cut alike, then gradients are summed, so that
 * all take the same step. Dense gradients are summed part by part; of tables the rows travel that received something.
 */
export class DistributedEngine implements Engine {
  readonly #own: SummingEngine;
  readonly #collective: Collective;
  /** Of each process. */
  readonly #lanes: number;
  readonly #dense = new Scratch();
  readonly #rows = new Scratch();

  constructor(own: SummingEngine, collective: Collective, lanes: number) {
    this.#own = own;
    this.#collective = collective;
    this.#lanes = lanes;
  }

  async infer(runs: readonly (readonly Run[])[]): Promise<RunOutputs[][]> {
    return this.#gather(await this.#own.infer(this.#ownRuns(runs)));
  }

  async accumulate(runs: readonly (readonly Run[])[]): Promise<RunOutputs[][]> {
    const outputs = await this.#own.accumulate(this.#ownRuns(runs));
    const summed = await this.#own.sumLanes();
    const gathered = await this.#gather(outputs);
    const [tables, dense] = [summed.filter(isTable), summed.filter((one) => !isTable(one))];
    await sumOverRanks(
      this.#collective,
      dense.map(({ gradients }) => required(gradients[0], "gradients")),
      this.#dense,
    );
    for (const table of tables) await this.#sumRows(table);
    return gathered;
  }

  gradientNorm(): Promise<number> {
    return this.#own.gradientNorm();
  }

  update(step: AdamStep): Promise<void> {
    return this.#own.update(step);
  }

  pull(): Promise<void> {
    return this.#own.pull();
  }

  moments(): Promise<Moments> {
    return this.#own.moments();
  }

  setMoments(moments: Moments): Promise<void> {
    return this.#own.setMoments(moments);
  }

  takeSeconds(): WorkSeconds {
    return this.#own.takeSeconds();
  }

  close(...reason: Parameters<Engine["close"]>): Promise<void> {
    return this.#own.close(...reason);
  }

  #ownRuns(runs: readonly (readonly Run[])[]): readonly (readonly Run[])[] {
    const first = this.#collective.rank * this.#lanes;
    return runs.slice(first, first + this.#lanes);
  }

  /** What the runs of all processes put out, by lane. Beside it travels whether a process was asked to stop. */
  async #gather(own: RunOutputs[][]): Promise<RunOutputs[][]> {
    const { stopping } = this.#collective;
    const asked = stopping.isAsked ? 1 : 0;
    const packed = packOutputs(own);
    const all = await allGather(this.#collective, concatenate([Uint8Array.of(asked), packed]));
    const first = all.findIndex(([isAsked]) => isAsked === 1);
    if (first >= 0) stopping.agree(first);
    return all.flatMap((bytes, rank) =>
      rank === this.#collective.rank ? own : unpackOutputs(bytes.subarray(1)),
    );
  }

  /** Sums the rows of a table that received something anywhere, in the order of the ranks. */
  async #sumRows(table: ExchangedParameter): Promise<void> {
    const { parameter, gradients, touched } = table;
    const width = rowWidth(parameter);
    const [sums, marks] = [required(gradients[0], "gradients"), required(touched?.[0], "touched rows")];
    const own = placesOf(marks);
    const message = this.#rows.bytes("own", own.length * 4 * (1 + width));
    const [places, rows] = rowsIn(message, own.length);
    places.set(own);
    own.forEach((row, i) => {
      rows.set(sums.subarray(row * width, (row + 1) * width), i * width);
      marks[row] = 0;
    });
    for (const bytes of await allGather(this.#collective, message, this.#rows)) {
      const count = bytes.length / (4 * (1 + width));
      addRows({ sums, marks, width }, ...rowsIn(bytes, count));
    }
  }
}

/** Of a message of rows of a table their places [R], and the rows [R, H]. */
function rowsIn({ buffer, byteOffset, length }: Uint8Array, count: number): [Int32Array, Float32Array] {
  const rows = byteOffset + 4 * count;
  return [
    new Int32Array(buffer, byteOffset, count),
    new Float32Array(buffer, rows, (byteOffset + length - rows) / 4),
  ];
}

function isTable({ touched }: ExchangedParameter): boolean {
  return touched !== undefined;
}

/** Which rows are marked. */
function placesOf(marks: Uint8Array): Int32Array {
  let count = 0;
  for (let row = 0; row < marks.length; row++) count += marks[row]!;
  const places = new Int32Array(count);
  for (let row = 0, i = 0; row < marks.length; row++) if (marks[row]) places[i++] = row;
  return places;
}

interface Table {
  readonly sums: Float32Array;
  readonly marks: Uint8Array;
  readonly width: number;
}

/** Adds rows [R, H]; the first that comes replaces what is there. */
function addRows({ sums, marks, width }: Table, places: Int32Array, rows: Float32Array): void {
  places.forEach((row, r) => {
    const [to, from] = [row * width, r * width];
    if (marks[row]) for (let i = 0; i < width; i++) sums[to + i] = sums[to + i]! + rows[from + i]!;
    else sums.set(rows.subarray(from, from + width), to);
    marks[row] = 1;
  });
}

/** Lengths as JSON, by lane, run and output, behind their own length; then the numbers, from a multiple of four on. */
function packOutputs(lanes: readonly (readonly RunOutputs[])[]): Uint8Array {
  const shape = lanes.map((runs) =>
    runs.map((run) => Object.entries(run).map(([name, { length }]) => [name, length])),
  );
  const head = new TextEncoder().encode(JSON.stringify(shape));
  const numbers = lanes.flatMap((runs) => runs.flatMap((run) => Object.values(run)));
  return concatenate([bytesOf(Int32Array.of(head.length)), head, ...numbers.map(bytesOf)]);
}

function unpackOutputs(bytes: Uint8Array): RunOutputs[][] {
  const [length = 0] = new Int32Array(bytes.slice(0, 4).buffer);
  const shape: [string, number][][][] = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const numbers = new Float32Array(bytes.slice(4 + length).buffer);
  let at = 0;
  return shape.map((runs) =>
    runs.map((outputs) =>
      Object.fromEntries(
        outputs.map(([name, count]) => {
          at += count;
          return [name, numbers.slice(at - count, at)];
        }),
      ),
    ),
  );
}
