import { arch, availableParallelism, cpus, totalmem, type } from "node:os";
import { env } from "onnxruntime-node";
import type { MachineRecord } from "./run-record.js";

/** What this process runs on. */
export function thisMachine(): MachineRecord {
  return {
    processor: cpus()[0]?.model.trim() || "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${arch()}`,
    node: process.version,
    onnxruntime: env.versions.node ?? "unknown",
  };
}
