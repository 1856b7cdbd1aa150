/** The body of a worker thread: one replica of each program, driven by messages from {@link Replicas}. */
import { parentPort, workerData } from "node:worker_threads";
import { Adam, type AdamStep } from "./adam.js";
import { type OptimizedParameter, updateShare } from "./optimizer-share.js";
import type { Program, Run, SharedParameter } from "./program.js";
import { type GradientSum, Replica } from "./replica.js";
import { createSession } from "./session.js";

export interface WorkerSetup {
  readonly rank: number;
  readonly ranks: number;
  readonly inference: Program;
  readonly training: Program | undefined;
  readonly parameters: ReadonlyMap<string, SharedParameter>;
  readonly optimized: ReadonlyMap<string, OptimizedParameter>;
}

export type WorkerRequest =
  | { readonly kind: "start" }
  | { readonly kind: "infer" | "accumulate"; readonly runs: readonly Run[] }
  | { readonly kind: "update"; readonly step: AdamStep };

export type WorkerReply =
  | { readonly outputs: readonly Record<string, Float32Array>[] }
  | { readonly error: string };

const { rank, ranks, inference, training, parameters, optimized } = workerData as WorkerSetup;
const gradients = new Map<string, GradientSum>(
  [...optimized].map(([name, parameter]) => [name, parameter.gradients[rank]!]),
);
let replicas: { infer: Replica; accumulate: Replica | undefined };
let adam: Adam | undefined;
let stale = false;

parentPort!.on("message", async (request: WorkerRequest) => {
  let reply: WorkerReply;
  try {
    reply = { outputs: await answer(request) };
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort!.postMessage(reply);
});

async function answer(request: WorkerRequest): Promise<Record<string, Float32Array>[]> {
  switch (request.kind) {
    case "start":
      replicas = {
        infer: new Replica(inference, await createSession(inference.model), parameters),
        accumulate: training && new Replica(training, await createSession(training.model), parameters),
      };
      return [];
    case "update":
      adam ??= new Adam();
      updateShare(adam, optimized.values(), request.step, rank, ranks);
      stale = true;
      return [];
    default:
      return runAll(request.kind, request.runs);
  }
}

async function runAll(
  kind: "infer" | "accumulate",
  runs: readonly Run[],
): Promise<Record<string, Float32Array>[]> {
  if (stale) {
    replicas.infer.refresh();
    replicas.accumulate?.refresh();
    stale = false;
  }
  if (kind === "accumulate") return replicas.accumulate!.accumulate(runs, gradients);
  const outputs: Record<string, Float32Array>[] = [];
  for (const run of runs) outputs.push(await replicas.infer.infer(run));
  return outputs;
}
