import type { Collective } from "../collective.js";
import { DistributedEngine } from "../distributed-engine.js";
import type { Device, RunShape } from "../engine.js";
import { physicalCores } from "./physical-cores.js";
import { Replicas } from "./replicas.js";

/**
 * The cores of this computer: a thread for each lane, on which ONNX Runtime works with one thread. What an operator of
 * a micro-batch works on fits a core's cache, and its matrices are still large.
 * @param count of threads; default: the physical cores
 * @param collective processes that compute together, each with as many threads. Default: this one alone
 * @example
 * const device = threads(2);
 * console.log(device.shape.lanes); // 2
 */
export function threads(count: number = physicalCores(), collective?: Collective): Device {
  const { size: processes = 1 } = collective ?? {};
  return {
    shape: { lanes: count * processes, ...CORES },
    async open(programs, parameters) {
      const replicas = await Replicas.start({ ...programs, parameters, threads: count, processes });
      return collective ? new DistributedEngine(replicas, collective, count) : replicas;
    },
  };
}

/** Measured; the time to load a program grows faster than what it holds. */
const CORES: Omit<RunShape, "lanes"> = {
  training: {
    tokensPerMicroBatch: 1000,
    microBatchesPerRun: 8,
    activations: 2 ** 26,
    // Fewer are not worth the gradients that every run puts out.
    leastTokens: 2048,
  },
  inference: { tokensPerMicroBatch: 1400, blocksPerProgram: 24 },
};
