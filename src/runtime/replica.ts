import { Random } from "../random.js";
import { DropoutMasks } from "./dropout-mask.js";
import {
  type Feed,
  type Program,
  type Run,
  resolveShape,
  rowWidth,
  type SharedParameter,
} from "./program.js";
import { required } from "./required.js";
import type { Session } from "./threads/session.js";

/** Where the gradients of a table fed by rows are summed; laid out like the table. */
export interface RowGradients {
  readonly data: Float32Array;
  /** 1 where a row has received something, 0 where the next gradient replaces what is there. */
  readonly touched: Uint8Array;
}

type Outputs = Record<string, Float32Array>;
type ParameterFeed = Feed & { readonly data: Float32Array };

/**
 * One copy of a model, for one thread. It reads the parameters that all replicas share and keeps those that
 * the graph reads whole in memory of its own, since ONNX Runtime refuses shared memory.
 */
export class Replica {
  readonly #programs: readonly Program[];
  readonly #open: (program: Program) => Promise<Session>;
  readonly #sessions = new Map<Program, Session>();
  readonly #shared: ReadonlyMap<string, SharedParameter>;
  readonly #copies: Map<string, ParameterFeed>;
  /** By the probability with which they drop an element. */
  readonly #masks = new Map<number, DropoutMasks>();
  /** Memory of inputs that each run makes anew: fresh memory costs more than what is written into it. */
  readonly #made = new Map<string, Float32Array>();
  readonly #whole = new Map<string, { copy: Float32Array; sum: Float32Array }>();

  /**
   * @param programs the same but for the number of micro-batches in a run
   * @param open called when a program is first needed
   */
  constructor(
    programs: readonly Program[],
    open: (program: Program) => Promise<Session>,
    shared: ReadonlyMap<string, SharedParameter>,
  ) {
    this.#programs = programs;
    this.#open = open;
    this.#shared = shared;
    this.#copies = new Map();
    const { parameters, masks } = required(programs[0], "a program");
    for (const { name, rows, gradient } of parameters) {
      if (rows) continue;
      const { data, shape } = this.#parameter(name);
      const copy = new Float32Array(data.length);
      this.#copies.set(name, { data: copy, dims: shape });
      if (gradient) this.#whole.set(name, { copy, sum: new Float32Array(copy.length) });
    }
    for (const { probability } of masks) {
      if (!this.#masks.has(probability)) this.#masks.set(probability, new DropoutMasks(probability));
    }
    this.refresh();
  }

  /** Takes over what has changed in the shared parameters. */
  refresh(): void {
    for (const [name, { data }] of this.#copies) data.set(this.#parameter(name).data);
  }

  /** Runs the program of inference. */
  async infer(run: Run): Promise<Outputs> {
    const program = this.#programOf(run);
    const session = await this.#sessionOf(program);
    return wanted(program, await session.run(this.#feeds(program, run)));
  }

  /**
   * Runs the program of training. The sums of gradients over the runs are then in {@link whole}, or have been
   * added to `rows`, which holds the tables that are read by rows alone.
   */
  async accumulate(runs: readonly Run[], rows: ReadonlyMap<string, RowGradients>): Promise<Outputs[]> {
    const sums = new Map<string, Float32Array>();
    const results: Outputs[] = [];
    for (const run of runs) {
      const program = this.#programOf(run);
      const session = await this.#sessionOf(program);
      const outputs = await session.run(this.#feeds(program, run));
      for (const { name, rows: byRows, gradient: output } of program.parameters) {
        if (!output) continue;
        const gradient = required(outputs[output], output);
        const table = rows.get(name);
        if (table) addRows(table, gradient, rowsOf(run, name));
        else if (byRows) sums.set(name, this.#withRows(name, sums, gradient, run));
        else sums.set(name, added(sums.get(name), gradient));
      }
      results.push(wanted(program, outputs));
    }
    for (const [name, whole] of this.#whole)
      whole.sum = sums.get(name) ?? new Float32Array(whole.copy.length);
    return results;
  }

  /** The parameters that the graph reads whole and trains: this replica's copy, and its sum of gradients. */
  get whole(): ReadonlyMap<string, { readonly copy: Float32Array; readonly sum: Float32Array }> {
    return this.#whole;
  }

  async release(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.release()));
  }

  #programOf({ microBatches }: Run): Program {
    const found = this.#programs.find((program) => program.microBatches === microBatches);
    return required(found, `a program for ${microBatches} micro-batches`);
  }

  #parameter(name: string): SharedParameter {
    return required(this.#shared.get(name), name);
  }

  async #sessionOf(program: Program): Promise<Session> {
    let session = this.#sessions.get(program);
    if (!session) {
      session = await this.#open(program);
      this.#sessions.set(program, session);
    }
    return session;
  }

  #feeds({ parameters, masks }: Program, run: Run): Record<string, Feed> {
    const feeds: Record<string, Feed> = { ...run.feeds };
    for (const { name, input, rows } of parameters) {
      feeds[input] = rows ? this.#rows(name, rowsOf(run, name)) : required(this.#copies.get(name), name);
    }
    const random = new Random(run.seed);
    for (const { name, shape, probability } of masks) {
      const dims = resolveShape(shape, run.symbols);
      const data = this.#memory(name, elements(dims));
      required(this.#masks.get(probability), name).draw(data, random);
      feeds[name] = { data, dims };
    }
    return feeds;
  }

  /** The sum of the gradients of a parameter that is read whole, too, with those of rows added. */
  #withRows(
    name: string,
    sums: ReadonlyMap<string, Float32Array>,
    gradient: Float32Array,
    run: Run,
  ): Float32Array {
    const parameter = this.#parameter(name);
    const { length } = parameter.data;
    const sum = sums.get(name) ?? new Float32Array(length);
    const touched = new Uint8Array(length / rowWidth(parameter)).fill(1);
    addRows({ data: sum, touched }, gradient, rowsOf(run, name));
    return sum;
  }

  #rows(name: string, ids: Int32Array): Feed {
    const parameter = this.#parameter(name);
    const { data: table } = parameter;
    const width = rowWidth(parameter);
    const data = this.#memory(name, ids.length * width);
    ids.forEach((id, i) => {
      data.set(table.subarray(id * width, (id + 1) * width), i * width);
    });
    return { data, dims: [ids.length, width] };
  }

  /** Memory for an input, which is the input's own until the next run. */
  #memory(name: string, length: number): Float32Array {
    let memory = this.#made.get(name);
    if (!memory || memory.length < length) {
      memory = new Float32Array(length);
      this.#made.set(name, memory);
    }
    return memory.subarray(0, length);
  }
}

function rowsOf({ rows }: Run, name: string): Int32Array {
  return required(rows[name], `the rows of ${name}`);
}

function wanted({ outputs }: Program, all: Outputs): Outputs {
  return Object.fromEntries(outputs.map((name) => [name, required(all[name], name)]));
}

function elements(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

// Gradients are added element by element, without a check of each, which would cost time.

/** Adds in place. */
function added(sum: Float32Array | undefined, gradient: Float32Array): Float32Array {
  if (!sum) return gradient;
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + gradient[i]!;
  return sum;
}

function addRows({ data, touched }: RowGradients, gradient: Float32Array, rows: Int32Array): void {
  const width = gradient.length / rows.length;
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r]!;
    const to = row * width;
    const from = r * width;
    if (touched[row]) for (let i = 0; i < width; i++) data[to + i] = data[to + i]! + gradient[from + i]!;
    else data.set(gradient.subarray(from, from + width), to);
    touched[row] = 1;
  }
}
