import type { Graph, Value } from "../../src/onnx/graph.js";
import { neededInputs, serializeGraph } from "../../src/onnx/serialize.js";
import type { Feed } from "../../src/runtime/program.js";
import { createSession } from "../../src/runtime/threads/session.js";

/** Runs a graph once. Feeds that the outputs do not depend on are left out. */
export async function evaluate(
  graph: Graph,
  outputs: Readonly<Record<string, Value>>,
  feeds: Readonly<Record<string, Feed>>,
): Promise<Record<string, Float32Array>> {
  const runner = await prepare(graph, outputs);
  try {
    return await runner.run(feeds);
  } finally {
    await runner.release();
  }
}

/** A session for a graph that is run many times. */
export async function prepare(graph: Graph, outputs: Readonly<Record<string, Value>>) {
  const session = await createSession(serializeGraph(graph, outputs));
  const needed = new Set(neededInputs(graph, Object.values(outputs)).map(({ name }) => name));
  return {
    run: (feeds: Readonly<Record<string, Feed>>) =>
      session.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => needed.has(name)))),
    release: () => session.release(),
  };
}
