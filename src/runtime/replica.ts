import { Random } from "../random.js";
import { DropoutMasks } from "./dropout-mask.js";
import { type Feed, type Program, type Run, resolveShape, type SharedParameter } from "./program.js";
import type { Session } from "./threads/session.js";

/** Where the gradients of a table fed by rows are summed; laid out like the table. */
export interface RowGradients {
  readonly data: Float32Array;
  /** 1 where a row has received something, 0 where the next gradient replaces what is there. */
  readonly touched: Uint8Array;
}

type Outputs = Record<string, Float32Array>;

/**
 * One copy of a model, for one thread. It reads the parameters that all replicas share and keeps those that
 * the graph reads whole in memory of its own, since ONNX Runtime refuses shared memory.
 */
export class Replica {
  readonly #programs: readonly Program[];
  readonly #open: (program: Program) => Promise<Session>;
  readonly #sessions = new Map<Program, Session>();
  readonly #shared: ReadonlyMap<string, SharedParameter>;
  readonly #copies: Map<string, Feed>;
  readonly #masks: DropoutMasks | undefined;
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
    const like = (name: string): Feed => {
      const { data, shape } = shared.get(name)!;
      return { data: new Float32Array(data.length), dims: shape };
    };
    const { parameters, masks, dropout } = programs[0]!;
    const whole = parameters.filter(({ rows }) => !rows);
    this.#copies = new Map(whole.map(({ name }) => [name, like(name)]));
    for (const { name, gradient } of whole) {
      if (!gradient) continue;
      const copy = this.#copies.get(name)!.data as Float32Array;
      this.#whole.set(name, { copy, sum: new Float32Array(copy.length) });
    }
    this.#masks = masks.length > 0 ? new DropoutMasks(dropout) : undefined;
    this.refresh();
  }

  /** Takes over what has changed in the shared parameters. */
  refresh(): void {
    for (const [name, { data }] of this.#copies) (data as Float32Array).set(this.#shared.get(name)!.data);
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
      for (const { name, rows: byRows, gradient } of program.parameters) {
        if (!gradient) continue;
        const table = rows.get(name);
        if (table) addRows(table, outputs[gradient]!, run.rows[name]!);
        else if (byRows) sums.set(name, this.#withRows(name, sums, outputs[gradient]!, run));
        else sums.set(name, added(sums.get(name), outputs[gradient]!));
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
    return this.#programs.find((program) => program.microBatches === microBatches)!;
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
      feeds[input] = rows ? this.#rows(name, run.rows[name]!) : this.#copies.get(name)!;
    }
    const random = new Random(run.seed);
    for (const { name, shape } of masks) {
      const dims = resolveShape(shape, run.symbols);
      const data = this.#memory(name, elements(dims));
      this.#masks!.draw(data, random);
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
    const { data, shape } = this.#shared.get(name)!;
    const sum = sums.get(name) ?? new Float32Array(data.length);
    const touched = new Uint8Array(data.length / shape.at(-1)!).fill(1);
    addRows({ data: sum, touched }, gradient, run.rows[name]!);
    return sum;
  }

  #rows(name: string, ids: Int32Array): Feed {
    const { data: table, shape } = this.#shared.get(name)!;
    const width = shape.at(-1)!;
    const data = this.#memory(name, ids.length * width);
    for (let i = 0; i < ids.length; i++)
      data.set(table.subarray(ids[i]! * width, (ids[i]! + 1) * width), i * width);
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

function wanted({ outputs }: Program, all: Outputs): Outputs {
  return Object.fromEntries(outputs.map((name) => [name, all[name]!]));
}

function elements(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

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
