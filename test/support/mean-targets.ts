import { lossTargets } from "../../src/bert/classification-head.js";
import type { MicroBatch } from "../../src/data/micro-batches.js";

/** Targets that make the loss the plain mean over a batch, of which micro-batches are parts. */
export function meanTargets(labels: number, batchSize: number): (batch: MicroBatch) => Float32Array {
  const plain = { classWeights: new Array<number>(labels).fill(1), labelSmoothing: 0 };
  return (batch) =>
    lossTargets(batch.labels, new Float64Array(batch.labels.length).fill(1 / batchSize), plain);
}
