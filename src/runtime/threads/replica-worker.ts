/** The body of a worker thread: one replica of each program, driven by messages from {@link Replicas}. */
import { parentPort, workerData } from "node:worker_threads";
import { TunebertError } from "../../error.js";
import type { AdamStep } from "../optimizer/adam.js";
import type { Moments } from "../optimizer/moments.js";
import { type ExchangedParameter, OptimizerShare } from "../optimizer/optimizer-share.js";
import type { Program, Run, SharedParameter } from "../program.js";
import { Replica, type RowGradients } from "../replica.js";
import { required } from "../required.js";
import { NO_SECONDS, type WorkSeconds } from "../work-seconds.js";
import { loadKernels } from "./kernels.js";
import { sumLanes } from "./lane-sums.js";
import { NativeCalls } from "./native-calls.js";
import { createSession, type Session } from "./session.js";

export interface WorkerSetup {
  readonly rank: number;
  readonly ranks: number;
  readonly inference: readonly Program[];
  readonly training: readonly Program[];
  readonly parameters: ReadonlyMap<string, SharedParameter>;
  readonly exchanged: ReadonlyMap<string, ExchangedParameter>;
  /** Where sums over all lanes go, and those of other processes are added to, where there are several. */
  readonly summed?: ReadonlyMap<string, ExchangedParameter> | undefined;
  /** The cells of the thread's {@link NativeCalls}. */
  readonly nativeCalls: Int32Array;
}

export type WorkerRequest =
  | { readonly kind: "start" }
  | { readonly kind: "infer" | "accumulate"; readonly runs: readonly Run[] }
  | { readonly kind: "sumLanes" }
  | { readonly kind: "sumSquares"; readonly sums: Float64Array; readonly parts: number }
  | { readonly kind: "update"; readonly step: AdamStep }
  | { readonly kind: "copyMoments" | "takeMoments"; readonly moments: Moments };

export type WorkerReply =
  | { readonly outputs: readonly Record<string, Float32Array>[]; readonly seconds: WorkSeconds }
  | { readonly error: string; readonly options: readonly string[] };

const { rank, ranks, inference, training, parameters, exchanged, summed, nativeCalls } =
  workerData as WorkerSetup;
const native = new NativeCalls(nativeCalls);
const areSummed = summed !== undefined;
const optimizer = new OptimizerShare(loadKernels(), summed ?? exchanged, { rank, ranks, areSummed });
const rowGradients = new Map<string, RowGradients>();
for (const [name, { gradients, touched }] of exchanged) {
  if (!touched) continue;
  rowGradients.set(name, {
    data: required(gradients[rank], name),
    touched: required(touched[rank], name),
  });
}
let infers: Replica;
let trains: Replica | undefined;
/** Whether the parameters have moved since a replica took them over. */
const stale = { infers: false, trains: false };
/** Spent within ONNX Runtime since the request came. */
let graphSeconds = 0;

const port = required(parentPort, "the thread that started this one");
port.on("message", async (request: WorkerRequest) => {
  let reply: WorkerReply;
  const started = performance.now();
  graphSeconds = 0;
  try {
    const outputs = await answer(request);
    reply = { outputs, seconds: split(request, (performance.now() - started) / 1000) };
  } catch (error) {
    reply = {
      error: error instanceof Error ? error.message : String(error),
      options: error instanceof TunebertError ? error.options : [],
    };
  }
  port.postMessage(reply);
});

async function answer(request: WorkerRequest): Promise<Record<string, Float32Array>[]> {
  switch (request.kind) {
    case "start":
      infers = new Replica(inference, timedSession, parameters);
      if (training.length > 0) trains = new Replica(training, timedSession, parameters);
      return [];
    case "infer":
      return infer(request.runs);
    case "accumulate":
      return accumulate(trainer(), request.runs);
    case "sumLanes":
      for (const [name, lanes] of exchanged) {
        sumLanes(lanes, required(summed?.get(name), name), { rank, ranks });
      }
      return [];
    case "sumSquares": {
      const { sums, parts } = request;
      for (let part = 0; part < parts; part++) {
        sums[rank * parts + part] = optimizer.sumOfSquares(trainer().whole, part, parts);
      }
      return [];
    }
    case "update":
      optimizer.update(trainer().whole, request.step);
      stale.infers = true;
      stale.trains = true;
      return [];
    case "copyMoments":
      optimizer.copyMoments(request.moments);
      return [];
    case "takeMoments":
      optimizer.takeMoments(request.moments);
      return [];
  }
}

function trainer(): Replica {
  return required(trains, "a program of training");
}

async function infer(runs: readonly Run[]): Promise<Record<string, Float32Array>[]> {
  if (stale.infers) infers.refresh();
  stale.infers = false;
  const outputs: Record<string, Float32Array>[] = [];
  for (const run of runs) outputs.push(await infers.infer(run));
  return outputs;
}

async function accumulate(replica: Replica, runs: readonly Run[]): Promise<Record<string, Float32Array>[]> {
  if (stale.trains) optimizer.collect(replica.whole);
  stale.trains = false;
  const outputs = await replica.accumulate(runs, rowGradients);
  if (areSummed) publishWhole(replica);
  else optimizer.publish(replica.whole);
  return outputs;
}

/** What this lane has summed, all of it, since other processes are to get it. */
function publishWhole({ whole }: Replica): void {
  for (const [name, { sum }] of whole) {
    required(required(exchanged.get(name), name).gradients[rank], name).set(sum);
  }
}

async function timedSession({ model }: Program): Promise<Session> {
  const session = await native.make(() => createSession(model));
  return {
    async run(feeds) {
      const started = performance.now();
      const outputs = await native.make(() => session.run(feeds));
      graphSeconds += (performance.now() - started) / 1000;
      return outputs;
    },
    release: () => native.make(() => session.release()),
  };
}

function split({ kind }: WorkerRequest, seconds: number): WorkSeconds {
  if (kind === "start") return NO_SECONDS;
  if (kind === "update" || kind === "sumSquares" || kind === "sumLanes")
    return { ...NO_SECONDS, optimizer: seconds };
  return { graph: graphSeconds, copies: seconds - graphSeconds, optimizer: 0 };
}
