import type * as OnnxRuntime from "onnxruntime-node";
import type { Feed } from "../program.js";
import { loadOnnxRuntime } from "./onnx-runtime.js";

/** One loaded graph. Runs of one session must not overlap. */
export interface Session {
  /** Inputs are read in place; each output is a fresh array. */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Float32Array>>;
  release(): Promise<void>;
}

/** Loads an ONNX model into ONNX Runtime's CPU provider, to run on the calling thread alone. */
export async function createSession(model: Uint8Array): Promise<Session> {
  const { InferenceSession, Tensor } = loadOnnxRuntime();
  const session = await InferenceSession.create(ownMemory(model), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    enableMemPattern: false,
  });
  return {
    async run(feeds) {
      const inputs: Record<string, OnnxRuntime.Tensor> = {};
      for (const [name, { data, dims }] of Object.entries(feeds)) {
        inputs[name] =
          data instanceof Int32Array ? new Tensor("int32", data, dims) : new Tensor("float32", data, dims);
      }
      const outputs = await session.run(inputs);
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]),
      );
    },
    release: () => session.release(),
  };
}

/** ONNX Runtime refuses shared memory. */
function ownMemory(model: Uint8Array): Uint8Array {
  return model.buffer instanceof SharedArrayBuffer ? new Uint8Array(model) : model;
}
