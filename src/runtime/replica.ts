import { Random } from "../random.js";
import { type Program, type ProgramMask, type Run, resolveShape, type SharedParameter } from "./program.js";
import type { Feed, Session } from "./session.js";

/** Gradients that one replica has summed: same layout as the parameter. */
export interface GradientSum {
  readonly data: Float32Array;
  /** For a table fed by rows: 1 where a row has received something. */
  readonly touched: Uint8Array | undefined;
}

/**
 * One copy of a model, for one thread. It reads the parameters that all replicas share and keeps those that
 * the graph reads whole in memory of its own, since ONNX Runtime refuses shared memory.
 */
export class Replica {
  readonly #program: Program;
  readonly #session: Session;
  readonly #shared: ReadonlyMap<string, SharedParameter>;
  readonly #copies: Map<string, Feed>;

  constructor(program: Program, session: Session, shared: ReadonlyMap<string, SharedParameter>) {
    this.#program = program;
    this.#session = session;
    this.#shared = shared;
    this.#copies = new Map(
      program.parameters
        .filter(({ rows }) => !rows)
        .map(({ name }) => {
          const { data, shape } = shared.get(name)!;
          return [name, { data: new Float32Array(data.length), dims: shape }];
        }),
    );
    this.refresh();
  }

  /** Takes over what has changed in the shared parameters. */
  refresh(): void {
    for (const [name, { data }] of this.#copies) (data as Float32Array).set(this.#shared.get(name)!.data);
  }

  /** Runs the program; with `gradients`, adds to them what the program's gradient outputs hold. */
  async run(run: Run, gradients?: ReadonlyMap<string, GradientSum>): Promise<Record<string, Float32Array>> {
    const feeds: Record<string, Feed> = { ...run.feeds };
    for (const { name, rows } of this.#program.parameters) {
      feeds[name] = rows ? gatherRows(this.#shared.get(name)!, run.rows[name]!) : this.#copies.get(name)!;
    }
    const random = new Random(run.seed);
    for (const mask of this.#program.masks) feeds[mask.name] = drawMask(mask, run.symbols, random);
    const outputs = await this.#session.run(feeds);
    if (gradients) {
      for (const { name, rows, gradient } of this.#program.parameters) {
        if (gradient)
          addGradient(gradients.get(name)!, outputs[gradient]!, rows ? run.rows[name]! : undefined);
      }
    }
    return Object.fromEntries(this.#program.outputs.map((name) => [name, outputs[name]!]));
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

function gatherRows({ data, shape }: SharedParameter, ids: Int32Array): Feed {
  const width = shape.at(-1)!;
  const rows = new Float32Array(ids.length * width);
  for (let i = 0; i < ids.length; i++)
    rows.set(data.subarray(ids[i]! * width, (ids[i]! + 1) * width), i * width);
  return { data: rows, dims: [ids.length, width] };
}

/**
 * Each 32-bit draw decides two elements, so the probability is rounded to a multiple of 2^-16; the scale
 * follows the rounded one, which keeps the expectation exact.
 */
function drawMask({ shape, probability }: ProgramMask, symbols: Run["symbols"], random: Random): Feed {
  const dims = resolveShape(shape, symbols);
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  const threshold = Math.round(probability * 65536);
  const kept = 65536 / (65536 - threshold);
  for (let i = 0; i < data.length; i += 2) {
    const bits = random.int32();
    if ((bits & 0xffff) >= threshold) data[i] = kept;
    if (bits >>> 16 >= threshold) data[i + 1] = kept;
  }
  return { data, dims };
}

function addGradient(
  { data, touched }: GradientSum,
  gradient: Float32Array,
  rows: Int32Array | undefined,
): void {
  if (!rows) {
    for (let i = 0; i < gradient.length; i++) data[i] = data[i]! + gradient[i]!;
    return;
  }
  const width = gradient.length / rows.length;
  for (let r = 0; r < rows.length; r++) {
    const to = rows[r]! * width;
    const from = r * width;
    for (let i = 0; i < width; i++) data[to + i] = data[to + i]! + gradient[from + i]!;
    touched![rows[r]!] = 1;
  }
}
