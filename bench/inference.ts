import { BertClassifier } from "../src/bert/bert-classifier.js";
import { Predictor } from "../src/predict/predictor.js";
import { Random } from "../src/random.js";
import { threads as threadsOf } from "../src/runtime/threads/threads.js";
import { forwardFlops, meanFlops } from "./flops.js";
import type { BenchOptions } from "./options.js";
import { percent, type Table } from "./report.js";
import { Sgemm } from "./sgemm.js";
import { median, secondsSince } from "./statistics.js";
import { describe, sample, type Workload } from "./workload.js";

/** A model answering: encoded pairs in, logits out, in the order of the pairs. */
export async function* inference(options: BenchOptions, workload: Workload): AsyncGenerator<Table> {
  const { threads, runs, steps, batchSize, maxLength } = options;
  const { config, tokenizer } = workload;
  const dataset = sample(workload.dataset, steps * batchSize);
  const model = BertClassifier.fromScratch(config, dataset.labelNames, new Random(0));
  const flops = meanFlops(forwardFlops, config, dataset);
  const sgemm = new Sgemm(threads);
  const predictor = await Predictor.start({ model, tokenizer, maxLength, device: threadsOf(threads) });
  await sgemm.ceiling();
  await predictor.logits(dataset);

  const rates: number[] = [];
  const shares: number[] = [];
  for (let run = 0; run < runs; run++) {
    const ceiling = await sgemm.ceiling();
    const started = performance.now();
    await predictor.logits(dataset);
    rates.push(dataset.size / secondsSince(started));
    shares.push((rates.at(-1)! * flops) / ceiling);
  }
  await Promise.all([sgemm.close(), predictor.close()]);

  yield {
    title: "Inference",
    rows: [
      {
        "examples/s": median(rates),
        "GFLOP/s": (median(rates) * flops) / 1e9,
        "share of ceiling": percent(median(shares)),
        "MFLOP/example": flops / 1e6,
      },
    ],
    notes: [
      describe(workload, options),
      `runs: ${runs}, in turn with the ceiling, over ${dataset.size} pairs chosen at random, after one of warm-up; ` +
        "median. FLOPs of the forward pass",
    ],
  };
}
