import { BertClassifier } from "../src/bert/bert-classifier.js";
import { Random } from "../src/random.js";
import { FLOP_FORMULA, meanFlops, trainingFlops } from "./flops.js";
import type { BenchOptions } from "./options.js";
import { percent, type Row, type Table } from "./report.js";
import { Sgemm } from "./sgemm.js";
import { median, sum } from "./statistics.js";
import { type Step, TrainingRun } from "./training-run.js";
import { describe, type Workload } from "./workload.js";

/** Whole training steps: how fast, how near to the ceiling, and where the time goes. */
export async function* train(options: BenchOptions, workload: Workload): AsyncGenerator<Table> {
  const { dataset, config } = workload;
  const { threads, runs, steps, warmup } = options;
  const model = BertClassifier.fromScratch(config, dataset.labelNames, new Random(0));
  const flops = meanFlops(trainingFlops, config, dataset);
  const sgemm = new Sgemm(threads);
  const training = new TrainingRun(model, dataset, options);
  await sgemm.ceiling();
  await training.take(warmup);

  const taken: Step[] = [];
  const ceilings: number[] = [];
  const shares: number[] = [];
  for (let run = 0; run < runs; run++) {
    const ceiling = await sgemm.ceiling();
    const some = await training.take(steps);
    ceilings.push(ceiling);
    shares.push((stepRate(some) * flops) / ceiling);
    taken.push(...some);
  }
  await Promise.all([sgemm.close(), training.close()]);

  const rate = stepRate(taken);
  yield {
    title: "Training",
    rows: [
      {
        "examples/s": rate,
        "GFLOP/s": (rate * flops) / 1e9,
        "sgemm ceiling, GFLOP/s": median(ceilings) / 1e9,
        "share of ceiling": percent(median(shares)),
        "MFLOP/example": flops / 1e6,
        ...padding(taken),
        ...timeSplit(taken, threads),
        "peak resident memory, MB": Math.max(...taken.map(({ resident }) => resident)) / 1e6,
      },
    ],
    notes: [
      describe(workload, options),
      `runs: ${runs}, in turn with the ceiling, of ${steps} steps, after ${warmup} steps of warm-up. examples/s: median ` +
        "over steps. Share: of a run's median in the ceiling measured before it; median over runs",
      FLOP_FORMULA,
      "graph, copies, optimizer, idle: of the threads' time. data: of the main thread's time, beside them",
    ],
  };
}

function stepRate(steps: readonly Step[]): number {
  return median(steps.map(({ examples, seconds }) => examples / seconds));
}

function padding(steps: readonly Step[]): Row {
  const tokens = sum(steps.map(({ work }) => work.tokens));
  const padded = sum(steps.map(({ work }) => work.paddedTokens));
  return {
    "tokens/example": tokens / sum(steps.map(({ examples }) => examples)),
    "padding (in attention alone)": percent(1 - tokens / padded),
  };
}

function timeSplit(steps: readonly Step[], threads: number): Row {
  const wall = sum(steps.map(({ seconds }) => seconds));
  const of = (part: "graph" | "copies" | "optimizer" | "data") => sum(steps.map(({ work }) => work[part]));
  const all = wall * threads;
  const busy = of("graph") + of("copies") + of("optimizer");
  return {
    graph: percent(of("graph") / all),
    copies: percent(of("copies") / all),
    optimizer: percent(of("optimizer") / all),
    idle: percent(1 - busy / all),
    data: percent(of("data") / wall),
  };
}
