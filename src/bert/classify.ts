import { microBatches } from "../data/micro-batches.js";
import type { PairDataset } from "../data/pair-dataset.js";
import type { Program } from "../runtime/program.js";
import type { Replicas } from "../runtime/replicas.js";
import type { BertClassifier } from "./bert-classifier.js";
import { classifierProgram } from "./classifier-network.js";
import { classifierRun, runLogits } from "./classifier-run.js";

/** Examples that are sorted by length and handed to the replicas together. */
const CHUNK = 4096;

/** Micro-batches in a run, and about how many tokens all of them have. */
const PER_RUN = 4;
const MAX_TOKENS = 4096;

/** The programs that {@link classify} runs. */
export function classifyPrograms({ config, labels }: BertClassifier): Program[] {
  return [PER_RUN, 1].map((microBatches) => classifierProgram(config, labels.length, microBatches));
}

/**
 * The logits of every example, [n, K], in the order of the dataset.
 * @param replicas that run {@link classifyPrograms} of the model
 * @param threads number of replicas
 * @param signal gives up, between runs: its reason is thrown
 */
export async function classify(
  replicas: Replicas,
  dataset: PairDataset,
  { labels }: BertClassifier,
  { threads, signal }: { readonly threads: number; readonly signal?: AbortSignal | undefined },
): Promise<Float32Array> {
  const width = labels.length;
  const logits = new Float32Array(dataset.size * width);
  for (let start = 0; start < dataset.size; start += CHUNK) {
    signal?.throwIfAborted();
    const size = Math.min(CHUNK, dataset.size - start);
    const examples = Int32Array.from({ length: size }, (_, i) => start + i);
    const options = { replicas: threads, perGroup: PER_RUN, maxTokens: MAX_TOKENS };
    const hands = microBatches(dataset, examples, options);
    const outputs = (await replicas.infer(hands.map((groups) => groups.map(classifierRun)))).flat();
    hands.flat().forEach(({ batches }, i) => {
      const rows = runLogits(outputs[i]!);
      batches
        .flatMap(({ examples }) => [...examples])
        .forEach((example, row) => {
          logits.set(rows.subarray(row * width, (row + 1) * width), example * width);
        });
    });
  }
  return logits;
}
