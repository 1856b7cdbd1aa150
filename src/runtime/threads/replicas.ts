import { Worker } from "node:worker_threads";
import { TunebertError } from "../../error.js";
import type { SummingEngine } from "../distributed-engine.js";
import type { Parameters, Programs, RunOutputs } from "../engine.js";
import type { AdamStep } from "../optimizer/adam.js";
import type { Moments } from "../optimizer/moments.js";
import type { ExchangedParameter } from "../optimizer/optimizer-share.js";
import { memoryFailure } from "../out-of-memory.js";
import { type Program, type Run, rowWidth, trainedTables } from "../program.js";
import { required } from "../required.js";
import { allocateBytes, allocateDoubles, allocateFloats } from "../shared-memory.js";
import { addSeconds, NO_SECONDS, type WorkSeconds } from "../work-seconds.js";
import { NativeCalls } from "./native-calls.js";
import { disableTelemetry } from "./onnx-runtime.js";
import { packageFile } from "./package-file.js";
import type { WorkerReply, WorkerRequest, WorkerSetup } from "./replica-worker.js";

export interface ReplicasOptions extends Programs {
  /** Values of every parameter that a program names, in shared memory; training changes them in place. */
  readonly parameters: Parameters;
  /** Number of replicas, each on a thread of its own. */
  readonly threads: number;
  /** How many processes train together, each with as many replicas. Default: 1. */
  readonly processes?: number | undefined;
}

/**
 * Copies of a model on worker threads, working on one set of shared parameters. Gradients are added in the order
 * of the runs, then in the order of the replicas: the same runs give the same bits. Threads that have nothing to do
 * do not keep the process alive.
 */
export class Replicas implements SummingEngine {
  readonly #workers: ReplicaThread[];
  /** What the optimizer reads. */
  readonly #exchanged: ReadonlyMap<string, ExchangedParameter>;
  readonly #processes: number;
  #moments: Moments | undefined;

  private constructor(
    workers: ReplicaThread[],
    exchanged: ReadonlyMap<string, ExchangedParameter>,
    processes: number,
  ) {
    this.#workers = workers;
    this.#exchanged = exchanged;
    this.#processes = processes;
  }

  /** @throws TunebertError where ONNX Runtime's telemetry cannot be switched off: see {@link disableTelemetry} */
  static async start(options: ReplicasOptions): Promise<Replicas> {
    const { inference, training = [], parameters, threads, processes = 1 } = options;
    disableTelemetry();
    const exchanged = training[0] ? exchangeMemory(training[0], parameters, threads) : new Map();
    const summed = processes > 1 ? sumMemory(exchanged) : undefined;
    const setup = { ranks: threads, inference, training, parameters, exchanged, summed };
    const workers = Array.from({ length: threads }, (_, rank) => new ReplicaThread({ rank, ...setup }));
    const replicas = new Replicas(workers, summed ?? exchanged, processes);
    try {
      await Promise.all(workers.map((worker) => worker.ask({ kind: "start" })));
    } catch (error) {
      await replicas.close();
      throw error;
    }
    return replicas;
  }

  infer(runs: readonly (readonly Run[])[]): Promise<RunOutputs[][]> {
    return this.#askAll("infer", runs);
  }

  accumulate(runs: readonly (readonly Run[])[]): Promise<RunOutputs[][]> {
    return this.#askAll("accumulate", runs);
  }

  async sumLanes(): Promise<readonly ExchangedParameter[]> {
    await Promise.all(this.#workers.map((worker) => worker.ask({ kind: "sumLanes" })));
    return [...this.#exchanged.values()];
  }

  async gradientNorm(): Promise<number> {
    const parts = this.#processes;
    const sums = allocateDoubles(this.#workers.length * parts);
    await Promise.all(this.#workers.map((worker) => worker.ask({ kind: "sumSquares", sums, parts })));
    return Math.sqrt(sums.reduce((total, sum) => total + sum, 0));
  }

  async update(step: AdamStep): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.ask({ kind: "update", step })));
  }

  /** Nothing has to be brought: the host's memory is what the replicas share. */
  async pull(): Promise<void> {}

  async moments(): Promise<Moments> {
    this.#moments ??= new Map(
      [...this.#exchanged].map(
        ([
          name,
          {
            parameter: { data },
          },
        ]) => [name, { mean: allocateFloats(data.length), variance: allocateFloats(data.length) }],
      ),
    );
    const moments = this.#moments;
    await Promise.all(this.#workers.map((worker) => worker.ask({ kind: "copyMoments", moments })));
    return moments;
  }

  async setMoments(moments: Moments): Promise<void> {
    const missing = [...this.#exchanged.keys()].find((name) => !moments.has(name));
    if (missing) throw new TunebertError(`there are no moments of ${missing}, which is to be trained`);
    await Promise.all(this.#workers.map((worker) => worker.ask({ kind: "takeMoments", moments })));
  }

  takeSeconds(): WorkSeconds {
    return this.#workers.map((worker) => worker.takeSeconds()).reduce(addSeconds);
  }

  /** Ends the threads. What they have been asked and have not answered fails with the reason, and so does all later. */
  async close(reason = new TunebertError("the threads have been ended")): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop(reason)));
  }

  #askAll(kind: "infer" | "accumulate", runs: readonly (readonly Run[])[]): Promise<RunOutputs[][]> {
    return Promise.all(this.#workers.map((worker, rank) => worker.ask({ kind, runs: runs[rank] ?? [] })));
  }
}

/** Memory for the gradients of every parameter that the program trains. */
function exchangeMemory(
  program: Program,
  parameters: Parameters,
  threads: number,
): Map<string, ExchangedParameter> {
  const trained = program.parameters.filter(({ gradient }) => gradient !== undefined);
  const tables = trainedTables(program);
  return new Map(
    trained.map(({ name, decays }) => {
      const parameter = required(parameters.get(name), name);
      const { data } = parameter;
      const perReplica = <T>(allocate: () => T) => Array.from({ length: threads }, allocate);
      const gradients = perReplica(() => allocateFloats(data.length));
      const touched = tables.has(name)
        ? perReplica(() => allocateBytes(data.length / rowWidth(parameter)))
        : undefined;
      return [name, { parameter, gradients, touched, decays }];
    }),
  );
}

/** Memory for the sums over lanes; of one lane its own. */
function sumMemory(exchanged: ReadonlyMap<string, ExchangedParameter>): Map<string, ExchangedParameter> {
  return new Map(
    [...exchanged].map(([name, one]) => {
      const { gradients, touched } = one;
      if (gradients.length === 1) return [name, one];
      return [
        name,
        {
          ...one,
          gradients: [allocateFloats(gradients[0]!.length)],
          touched: touched && [allocateBytes(touched[0]!.length)],
        },
      ];
    }),
  );
}

/** A worker thread that answers one request at a time. */
class ReplicaThread {
  readonly #worker: Worker;
  readonly #nativeCalls = new NativeCalls();
  #waiting: { resolve: (outputs: RunOutputs[]) => void; reject: (error: Error) => void } | undefined;
  #failure: TunebertError | undefined;
  #seconds = NO_SECONDS;
  #idle: Promise<unknown> = Promise.resolve();
  /** Settles once the thread has answered, or has ended. */
  #answered: Promise<void> = Promise.resolve();
  #hasAnswered = () => {};

  constructor(setup: Omit<WorkerSetup, "nativeCalls">) {
    this.#nativeCalls.closeBeforeExit();
    this.#worker = new Worker(packageFile("#replica-worker"), {
      workerData: { ...setup, nativeCalls: this.#nativeCalls.cells } satisfies WorkerSetup,
    });
    this.#worker.on("message", (reply: WorkerReply) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      this.#worker.unref();
      this.#hasAnswered();
      if ("error" in reply) waiting?.reject(workerFailure(reply.error, reply.error, reply.options));
      else {
        this.#seconds = addSeconds(this.#seconds, reply.seconds);
        waiting?.resolve([...reply.outputs]);
      }
    });
    this.#worker.on("error", (error) => this.#fail(workerFailure(error.message, error)));
    this.#worker.on("exit", (code) => {
      this.#nativeCalls.forget();
      this.#hasAnswered();
      this.#fail(workerFailure(`it ended with code ${code}`, code));
    });
  }

  /** Requests wait for each other. */
  ask(request: WorkerRequest): Promise<RunOutputs[]> {
    const answer = this.#idle.then(() => this.#post(request));
    this.#idle = answer.catch(() => {});
    return answer;
  }

  takeSeconds(): WorkSeconds {
    const seconds = this.#seconds;
    this.#seconds = NO_SECONDS;
    return seconds;
  }

  /** Ends the thread, which gives up what it is doing between two runs. */
  async stop(reason: TunebertError): Promise<void> {
    this.#nativeCalls.close();
    this.#fail(reason);
    await this.#answered;
    await this.#worker.terminate();
  }

  #post(request: WorkerRequest): Promise<RunOutputs[]> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#answered = new Promise((resolve) => {
      this.#hasAnswered = resolve;
    });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage(request);
    });
  }

  #fail(failure: TunebertError): void {
    this.#failure ??= failure;
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}

function workerFailure(message: string, cause: unknown, option: readonly string[] = []): TunebertError {
  return (
    memoryFailure(new Error(message)) ??
    new TunebertError(`a worker thread failed: ${message}`, { option, cause })
  );
}
