import { BertClassifier } from "../src/bert/bert-classifier.js";
import { Predictor } from "../src/predict/predictor.js";
import { Random } from "../src/random.js";
import { threads as threadsOf } from "../src/runtime/threads/threads.js";
import type { BenchOptions, PeerMode } from "./options.js";
import { Peer, type PeerRequest, torchVersion } from "./peer.js";
import type { Row, Table } from "./report.js";
import { median, secondsSince, sum } from "./statistics.js";
import { TrainingRun } from "./training-run.js";
import { describe, sample, type Workload } from "./workload.js";

/** Steps before a later run that do not count: whoever has waited for the others starts with cold caches. */
const WARM_AGAIN = 1;

/** tunebert against the same model in PyTorch: same examples, same sizes, same threads, in turn. */
export async function* peers(options: BenchOptions, workload: Workload): AsyncGenerator<Table> {
  const { python } = options;
  const version = torchVersion(python);
  if (!version) {
    yield {
      title: "Peers",
      rows: [],
      notes: [`none: ${python} has no PyTorch; name one that has with --python`],
    };
    return;
  }
  const peer = await Peer.start(options, workload);
  try {
    for (const work of ["train", "forward"] as const) {
      const ours = await (work === "train" ? trainer : predictor)(options, workload);
      yield await compare(work, ours, peer, options, [`PyTorch ${version}; ${describe(workload, options)}`]);
      await ours.close();
    }
  } finally {
    await peer.close();
  }
}

/** Our side: a run gives examples per second. */
interface Ours {
  run(): Promise<number>;
  close(): Promise<void>;
}

async function trainer(options: BenchOptions, { config, dataset }: Workload): Promise<Ours> {
  const model = BertClassifier.fromScratch(config, dataset.labelNames, new Random(0));
  const training = new TrainingRun(model, dataset, options);
  await training.take(options.warmup);
  return {
    async run() {
      await training.take(WARM_AGAIN);
      const steps = await training.take(options.steps);
      return sum(steps.map(({ examples }) => examples)) / sum(steps.map(({ seconds }) => seconds));
    },
    close: () => training.close(),
  };
}

async function predictor(options: BenchOptions, { config, dataset, tokenizer }: Workload): Promise<Ours> {
  const { threads, maxLength, steps, batchSize } = options;
  const model = BertClassifier.fromScratch(config, dataset.labelNames, new Random(0));
  const predictor = await Predictor.start({ model, tokenizer, device: threadsOf(threads), maxLength });
  const examples = sample(dataset, steps * batchSize);
  await predictor.logits(examples);
  return {
    async run() {
      const started = performance.now();
      await predictor.logits(examples);
      return examples.size / secondsSince(started);
    },
    close: () => predictor.close(),
  };
}

async function compare(
  work: PeerRequest["work"],
  ours: Ours,
  peer: Peer,
  { modes, runs, steps, seconds, warmup }: BenchOptions,
  notes: readonly string[],
): Promise<Table> {
  const own: number[] = [];
  const theirs = new Map<PeerMode, number[]>(modes.map((mode) => [mode, []]));
  const failures: string[] = [];
  for (let run = 0; run < runs; run++) {
    own.push(await ours.run());
    for (const [mode, rates] of theirs) {
      const answer = await peer.ask({ work, mode, steps, seconds, warmup: run === 0 ? warmup : WARM_AGAIN });
      if ("error" in answer) {
        failures.push(`PyTorch ${mode}: skipped, ${answer.error}`);
        theirs.delete(mode);
      } else rates.push(answer.examples / answer.seconds);
    }
  }
  const rows: Row[] = [...theirs].map(([mode, rates]) => ({
    who: `PyTorch ${mode}`,
    "examples/s": median(rates),
    "tunebert is faster by": median(rates.map((rate, run) => own[run]! / rate)),
  }));
  return {
    title: work === "train" ? "Peers: whole training steps" : "Peers: forward pass alone",
    rows: [{ who: "tunebert", "examples/s": median(own) }, ...rows],
    notes: [
      ...notes,
      ...failures,
      `runs: ${runs} of ${steps} steps, in turn, after ${warmup} steps of warm-up, ${WARM_AGAIN} before each later run; median. The factor is the median of the ` +
        `runs' own. A padded or dynamic run starts no step after ${seconds} s; a sorted one takes batches evenly from the ` +
        "shortest to the longest",
    ],
  };
}
