import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { TunebertError } from "../error.js";
import type { AdamStep } from "./adam.js";
import type { OptimizedParameter } from "./optimizer-share.js";
import type { Program, Run, SharedParameter } from "./program.js";
import type { WorkerReply, WorkerRequest, WorkerSetup } from "./replica-worker.js";
import { allocateBytes, allocateFloats } from "./shared-memory.js";

export type RunOutputs = Record<string, Float32Array>;

export interface ReplicasOptions {
  /** The program that answers. */
  readonly inference: Program;
  /** The program whose gradients are summed, where there is training. */
  readonly training?: Program;
  /** Values of every parameter that a program names, in shared memory; training changes them in place. */
  readonly parameters: ReadonlyMap<string, SharedParameter>;
  /** Number of replicas, each on a thread of its own. */
  readonly threads: number;
}

/**
 * Copies of a model on worker threads, working on one set of shared parameters. Which run goes to which replica,
 * and the order in which gradients are added, depend on the runs and the number of threads alone: the same
 * input gives the same bits.
 */
export class Replicas {
  readonly #workers: ReplicaThread[];

  private constructor(workers: ReplicaThread[]) {
    this.#workers = workers;
  }

  static async start({ inference, training, parameters, threads }: ReplicasOptions): Promise<Replicas> {
    const optimized = training ? optimizerMemory(training, parameters, threads) : new Map();
    const workers = Array.from(
      { length: threads },
      (_, rank) => new ReplicaThread({ rank, ranks: threads, inference, training, parameters, optimized }),
    );
    const replicas = new Replicas(workers);
    try {
      await Promise.all(workers.map((worker) => worker.ask({ kind: "start" })));
    } catch (error) {
      await replicas.close();
      throw error;
    }
    return replicas;
  }

  /** Runs the inference program; outputs are in the order of the runs. */
  infer(runs: readonly Run[]): Promise<RunOutputs[]> {
    return this.#deal("infer", runs);
  }

  /** Runs the training program and adds the gradients up; outputs are in the order of the runs. */
  accumulate(runs: readonly Run[]): Promise<RunOutputs[]> {
    return this.#deal("accumulate", runs);
  }

  /** Moves the parameters by the summed gradients and clears these. */
  async update(step: AdamStep): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.ask({ kind: "update", step })));
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  async #deal(kind: "infer" | "accumulate", runs: readonly Run[]): Promise<RunOutputs[]> {
    const hands = dealOut(runs, this.#workers.length);
    const outputs = new Array<RunOutputs>(runs.length);
    await Promise.all(
      hands.map(async (hand, rank) => {
        if (hand.length === 0) return;
        const answers = await this.#workers[rank]!.ask({ kind, runs: hand.map((i) => runs[i]!) });
        hand.forEach((i, position) => {
          outputs[i] = answers[position]!;
        });
      }),
    );
    return outputs;
  }
}

/**
 * Deals runs out so that the replicas finish together: costliest first, each to the replica that has least to
 * do; then runs move or change places as long as the busiest replica gains. Returns the indices of each
 * replica's runs.
 */
export function dealOut(runs: readonly { readonly cost: number }[], replicas: number): number[][] {
  const hands: number[][] = Array.from({ length: replicas }, () => []);
  const load = new Float64Array(replicas);
  const order = runs.map((_, i) => i).sort((a, b) => runs[b]!.cost - runs[a]!.cost || a - b);
  for (const i of order) {
    const least = load.indexOf(Math.min(...load));
    hands[least]!.push(i);
    load[least]! += runs[i]!.cost;
  }
  while (improve(hands, load, runs));
  return hands;
}

/** Makes the best swap, or move, between the busiest replica and another; false when none helps. */
function improve(hands: number[][], load: Float64Array, runs: readonly { readonly cost: number }[]): boolean {
  const busiest = load.indexOf(Math.max(...load));
  const nothing = { cost: 0 };
  let best = { gain: load[busiest]! * 1e-6, other: -1, give: -1, take: -1 };
  for (let other = 0; other < hands.length; other++) {
    const gap = load[busiest]! - load[other]!;
    for (let give = 0; give < hands[busiest]!.length; give++) {
      for (let take = -1; take < hands[other]!.length; take++) {
        const shift = runs[hands[busiest]![give]!]!.cost - (runs[hands[other]![take]!] ?? nothing).cost;
        const gain = Math.min(shift, gap - shift);
        if (gain > best.gain) best = { gain, other, give, take };
      }
    }
  }
  const { other, give, take } = best;
  if (other < 0) return false;
  const given = hands[busiest]![give]!;
  const taken = hands[other]![take];
  hands[busiest]!.splice(give, 1, ...(taken === undefined ? [] : [taken]));
  if (taken === undefined) hands[other]!.push(given);
  else hands[other]![take] = given;
  const shift = runs[given]!.cost - (taken === undefined ? 0 : runs[taken]!.cost);
  load[busiest]! -= shift;
  load[other]! += shift;
  return true;
}

/** Gradient sums, one per replica, and Adam's moments for every parameter that the program trains. */
function optimizerMemory(
  program: Program,
  parameters: ReadonlyMap<string, SharedParameter>,
  threads: number,
): Map<string, OptimizedParameter> {
  const trained = program.parameters.filter(({ gradient }) => gradient !== undefined);
  return new Map(
    trained.map(({ name, rows }) => {
      const { data, shape } = parameters.get(name)!;
      const rowCount = data.length / shape.at(-1)!;
      const flags = () => (rows ? allocateBytes(rowCount) : undefined);
      return [
        name,
        {
          state: {
            parameter: data,
            mean: allocateFloats(data.length),
            variance: allocateFloats(data.length),
          },
          gradients: Array.from({ length: threads }, () => ({
            data: allocateFloats(data.length),
            touched: flags(),
          })),
          live: flags(),
        },
      ];
    }),
  );
}

/** A worker thread that answers one request at a time. */
class ReplicaThread {
  readonly #worker: Worker;
  #waiting: { resolve: (outputs: RunOutputs[]) => void; reject: (error: Error) => void } | undefined;
  #failure: TunebertError | undefined;

  constructor(setup: WorkerSetup) {
    this.#worker = new Worker(createRequire(import.meta.url).resolve("#replica-worker"), {
      workerData: setup,
    });
    this.#worker.on("message", (reply: WorkerReply) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if ("error" in reply) waiting?.reject(new TunebertError(`a worker thread failed: ${reply.error}`));
      else waiting?.resolve([...reply.outputs]);
    });
    this.#worker.on("error", (error) => this.#fail(`a worker thread failed: ${error.message}`, error));
    this.#worker.on("exit", (code) => this.#fail(`a worker thread ended with code ${code}`));
  }

  ask(request: WorkerRequest): Promise<RunOutputs[]> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.postMessage(request);
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(message: string, cause?: Error): void {
    this.#failure ??= new TunebertError(message, { cause });
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}
