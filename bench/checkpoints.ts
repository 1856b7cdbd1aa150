import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BertClassifier } from "../src/bert/bert-classifier.js";
import { progressLine } from "../src/cli/listeners/progress-line.js";
import { TunebertError } from "../src/error.js";
import { CheckpointFolder } from "../src/hub/store/checkpoint-folder.js";
import { Random } from "../src/random.js";
import { CurveRecorder } from "../src/report/charts/curve-recorder.js";
import { learningCurves } from "../src/run/listeners/learning-curves.js";
import type { Listener } from "../src/run/listeners/listener.js";
import { saveListeners } from "../src/run/listeners/listener.js";
import { metricsLog } from "../src/run/listeners/metrics-log.js";
import { threads } from "../src/runtime/threads/threads.js";
import { classification } from "../src/tasks/classification.js";
import type { CheckpointEvent } from "../src/train/events.js";
import { Trainer } from "../src/train/trainer.js";
import type { BenchOptions } from "./options.js";
import { percent, type Table } from "./report.js";
import { median, secondsSince } from "./statistics.js";
import { describe, type Workload } from "./workload.js";

/** Seconds between checkpoints if nothing else is asked for. */
const USUAL_INTERVAL = 600;

/** What keeping checkpoints and listening to events costs: steps with both and steps without, in turn. */
export async function* checkpoints(options: BenchOptions, workload: Workload): AsyncGenerator<Table> {
  const folder = mkdtempSync(join(tmpdir(), "tunebert-bench-"));
  try {
    yield await measure(options, workload, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(options: BenchOptions, workload: Workload, folder: string): Promise<Table> {
  const { steps, runs, batchSize } = options;
  const { dataset, config } = workload;
  const stepsPerEpoch = Math.ceil(dataset.size / batchSize);
  if (stepsPerEpoch <= 2 * steps * (runs + 1)) {
    throw new TunebertError(
      `${stepsPerEpoch} steps an epoch are too few for ${runs} runs and one of warm-up of 2 x ${steps} steps`,
    );
  }
  const listeners: Listener[] = [
    metricsLog(join(folder, "metrics.jsonl")),
    learningCurves(folder, new CurveRecorder(), "accuracy"),
    progressLine({ write() {} }, 1),
  ];
  const keeper = new CheckpointFolder(folder);
  const model = BertClassifier.fromScratch(config, dataset.labelNames, new Random(0));
  const task = classification(model, dataset, options);
  const events = new Trainer(task, threads(options.threads), { ...options, epochs: 1 }).fit({
    checkpoints: {
      save: ({ tensors, state }) =>
        keeper.save({ tensors, state: { ...state, ...saveListeners(listeners) } }),
    },
    checkpointEvery: { steps: 2 * steps },
  });
  const kept: CheckpointEvent[] = [];
  let resident = 0;
  /** How long so many steps take; a checkpoint that was due after the step before included. */
  const take = async (count: number, listening: readonly Listener[]): Promise<number> => {
    const started = performance.now();
    for (let taken = 0; taken < count; ) {
      const event = (await events.next()).value!;
      for (const listener of listening) await listener.handle(event);
      if (event.event === "step") taken++;
      else if (event.event === "checkpoint") kept.push(event);
      resident = Math.max(resident, process.memoryUsage.rss());
    }
    return secondsSince(started);
  };

  await take(2 * steps, listeners); // warm-up; a checkpoint is due
  const withBoth: number[] = [];
  const without: number[] = [];
  for (let run = 0; run < runs; run++) {
    withBoth.push(await take(steps, listeners));
    without.push(await take(steps, []));
  }
  await events.return(undefined);
  for (const listener of listeners) listener.close?.();

  const cost = median(withBoth.map((seconds, run) => seconds - without[run]!));
  const step = median(without) / steps;
  return {
    title: "Checkpoints and events",
    rows: [
      {
        "a step, s": step,
        [`${steps} steps without, s`]: median(without),
        [`${steps} steps with one checkpoint and events, s`]: median(withBoth),
        "cost, s": cost,
        "training stood still, s": median(kept.map(({ stalled }) => stalled)),
        "until it was kept, s": median(kept.map(({ seconds }) => seconds)),
        "size, MB": kept[0]!.bytes / 1e6,
        "share of an epoch": percent(cost / (step * stepsPerEpoch)),
        "share of 10 minutes": percent(cost / USUAL_INTERVAL),
        "peak resident memory, MB": resident / 1e6,
      },
    ],
    notes: [
      describe(workload, options),
      `runs: ${runs}, each of ${steps} steps with a checkpoint and then ${steps} without one and without listeners; ` +
        "medians, of the cost over the differences within a run. Shares: one checkpoint in so much time",
    ],
  };
}
