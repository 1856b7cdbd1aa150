/** The body of a thread that multiplies square matrices in ONNX Runtime, to find the ceiling; see sgemm.ts. */
import { parentPort } from "node:worker_threads";
import { Graph } from "../src/onnx/graph.js";
import { gemm, reduceSum } from "../src/onnx/operators.js";
import { serializeGraph } from "../src/onnx/serialize.js";
import { createSession, type Session } from "../src/runtime/threads/session.js";
import { secondsSince } from "./statistics.js";

export interface SgemmRequest {
  /** rows and columns of both factors */
  readonly size: number;
  /** how long to go on */
  readonly seconds: number;
}

const sessions = new Map<number, Session>();

/** Answers with FLOP/s over all the products made. */
parentPort!.on("message", async ({ size, seconds }: SgemmRequest) => {
  const session = sessions.get(size) ?? (await productSession(size));
  sessions.set(size, session);
  const feed = { data: new Float32Array(size * size).fill(1 / size), dims: [size, size] };
  let products = 0;
  const started = performance.now();
  do {
    await session.run({ a: feed, b: feed });
    products += 1;
  } while (secondsSince(started) < seconds);
  parentPort!.postMessage((products * 2 * size ** 3) / secondsSince(started));
});

/** The product is summed up, so that no large output has to be copied. */
function productSession(size: number): Promise<Session> {
  const graph = new Graph();
  const [a, b] = ["a", "b"].map((name) => graph.input(name, "float32", [size, size]));
  return createSession(serializeGraph(graph, { sum: reduceSum(graph, gemm(graph, a!, b!), [0, 1], false) }));
}
