import { microBatches } from "../data/micro-batches.js";
import type { PairDataset } from "../data/pair-dataset.js";
import type { Replicas } from "../runtime/replicas.js";
import { classifierRun } from "./classifier-run.js";

/** Examples that are sorted by length and handed to the replicas together. */
const CHUNK = 4096;

/** Most tokens in one run. */
const MAX_TOKENS = 2048;

/**
 * The logits of every example, [n, K], in the order of the dataset.
 * @param threads number of replicas
 */
export async function classify(
  replicas: Replicas,
  dataset: PairDataset,
  labels: number,
  threads: number,
): Promise<Float32Array> {
  const logits = new Float32Array(dataset.size * labels);
  for (let start = 0; start < dataset.size; start += CHUNK) {
    const size = Math.min(CHUNK, dataset.size - start);
    const examples = Int32Array.from({ length: size }, (_, i) => start + i);
    const batches = microBatches(dataset, examples, { maxTokens: MAX_TOKENS, atLeast: threads });
    const outputs = await replicas.infer(batches.map(classifierRun));
    batches.forEach((batch, i) => {
      batch.examples.forEach((example, b) => {
        logits.set(outputs[i]!.logits!.subarray(b * labels, (b + 1) * labels), example * labels);
      });
    });
  }
  return logits;
}
