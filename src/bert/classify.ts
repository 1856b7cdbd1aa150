import { microBatches } from "../data/micro-batches.js";
import type { PairDataset } from "../data/pair-dataset.js";
import type { Replicas } from "../runtime/replicas.js";
import type { BertClassifier } from "./bert-classifier.js";
import { classifierCost } from "./classifier-cost.js";
import { classifierRun } from "./classifier-run.js";

/** Examples that are sorted by length and handed to the replicas together. */
const CHUNK = 4096;

/** Most tokens in one run. */
const MAX_TOKENS = 2048;

/**
 * The logits of every example, [n, K], in the order of the dataset.
 * @param model whose program the replicas run
 * @param threads number of replicas
 * @param signal gives up, between runs: its reason is thrown
 */
export async function classify(
  replicas: Replicas,
  dataset: PairDataset,
  { config, labels }: BertClassifier,
  { threads, signal }: { readonly threads: number; readonly signal?: AbortSignal | undefined },
): Promise<Float32Array> {
  const width = labels.length;
  const cost = classifierCost(config, "inference");
  const logits = new Float32Array(dataset.size * width);
  for (let start = 0; start < dataset.size; start += CHUNK) {
    signal?.throwIfAborted();
    const size = Math.min(CHUNK, dataset.size - start);
    const examples = Int32Array.from({ length: size }, (_, i) => start + i);
    const hands = microBatches(dataset, examples, { replicas: threads, maxTokens: MAX_TOKENS, cost });
    const outputs = (await replicas.infer(hands.map((batches) => batches.map(classifierRun)))).flat();
    hands.flat().forEach((batch, i) => {
      const rows = outputs[i]!.logits!;
      batch.examples.forEach((example, b) => {
        logits.set(rows.subarray(b * width, (b + 1) * width), example * width);
      });
    });
  }
  return logits;
}
