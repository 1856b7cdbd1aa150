import { BertClassifier } from "../src/bert/bert-classifier.js";
import type { BertConfig } from "../src/bert/config.js";
import type { TextDataset } from "../src/data/text-dataset.js";
import { Random } from "../src/random.js";
import { meanFlops, trainingFlops } from "./flops.js";
import type { BenchOptions, SweepName } from "./options.js";
import type { Row, Table } from "./report.js";
import { median, sum } from "./statistics.js";
import { TrainingRun } from "./training-run.js";
import { describe, ofLength, type Workload, withVocabulary } from "./workload.js";

/** One setting to train with. */
interface Point {
  readonly label: Row;
  readonly dataset: TextDataset;
  readonly config: BertConfig;
  readonly batchSize: number;
  readonly threads: number;
}

/** A series of points, and what their figures are compared in. */
interface Sweep {
  readonly name: SweepName;
  readonly title: string;
  readonly points: readonly Point[];
  readonly compare: (measured: Measured, all: readonly Measured[]) => Row;
}

interface Measured {
  readonly rate: number;
  readonly flops: number;
}

/** How training speed changes with threads, sequence length, batch size, model size and vocabulary. */
export async function* scaling(options: BenchOptions, workload: Workload): AsyncGenerator<Table> {
  const chosen = sweeps(options, workload).filter(({ name }) => options.sweeps.includes(name));
  for (const { title, points, compare } of chosen) {
    const measured = await measure(points, options);
    yield {
      title: `Training by ${title}`,
      rows: measured.map((one, i) => ({
        ...points[i]!.label,
        batch: points[i]!.batchSize,
        "examples/s": one.rate,
        "MFLOP/example": one.flops / 1e6,
        "GFLOP/s": (one.rate * one.flops) / 1e9,
        ...compare(one, measured),
      })),
      notes: [
        describe(workload, options),
        `runs: ${options.runs}, in turn; median. A run takes ${options.steps * options.batchSize} examples after ` +
          `${options.warmup} steps of warm-up, fewer where that takes longer than ${options.seconds} s`,
      ],
    };
  }
}

function sweeps(options: BenchOptions, { dataset, config }: Workload): Sweep[] {
  const { batchSize, threads } = options;
  const usual = { dataset, config, batchSize, threads };
  const faster: Sweep["compare"] = ({ rate }, all) => ({ "of the first": rate / all[0]!.rate });
  const flopRate: Sweep["compare"] = ({ rate, flops }, all) => ({
    "cost growth / FLOP growth": (all[0]!.rate * all[0]!.flops) / (rate * flops),
  });
  const rows = Math.max(batchSize * 4, 2048);
  return [
    {
      name: "threads",
      title: "threads",
      points: Array.from({ length: threads }, (_, i) => ({
        ...usual,
        label: { threads: i + 1 },
        threads: i + 1,
      })),
      compare: faster,
    },
    {
      name: "length",
      title: "sequence length",
      points: [8, 16, 32, 64, 128, 256, 512].map((length) => ({
        ...usual,
        label: { tokens: length },
        dataset: ofLength(dataset, length, rows),
      })),
      compare: flopRate,
    },
    {
      name: "batch",
      title: "batch size",
      points: [512, 256, 128, 64, 32].map((size) => ({ ...usual, label: {}, batchSize: size })),
      compare: faster,
    },
    {
      name: "size",
      title: "model size",
      points: [
        { hidden: 128, ffn: 256, heads: 2, blocks: 2 },
        { hidden: 256, ffn: 512, heads: 4, blocks: 2 },
        { hidden: 512, ffn: 1024, heads: 8, blocks: 2 },
        { hidden: 768, ffn: 1536, heads: 12, blocks: 2 },
        { hidden: 768, ffn: 3072, heads: 12, blocks: 12 }, // bert.base
      ].map((sizes) => ({
        ...usual,
        label: sizes,
        config: { ...config, ...sizes },
        batchSize: sizes.blocks > 2 ? Math.min(batchSize, 128) : batchSize,
      })),
      compare: flopRate,
    },
    {
      name: "vocabulary",
      title: "vocabulary",
      points: [1_000, 4_000, 16_000, 60_005].map((size) => ({
        ...usual,
        label: { words: size },
        config: { ...config, vocabularySize: size },
        dataset: withVocabulary(dataset, size),
      })),
      compare: faster,
    },
  ];
}

/** Every run measures each point once, from its start: many models at a time would not fit in memory. */
async function measure(points: readonly Point[], options: BenchOptions): Promise<Measured[]> {
  const rates: number[][] = points.map(() => []);
  let model: BertClassifier | undefined;
  for (let run = 0; run < options.runs; run++) {
    for (const [i, { dataset, config, batchSize, threads }] of points.entries()) {
      if (model?.config !== config)
        model = BertClassifier.fromScratch(config, dataset.labelNames, new Random(0));
      const training = new TrainingRun(model, dataset, { batchSize, threads, dropout: options.dropout });
      await training.take(options.warmup, options.seconds / 2);
      const count = Math.ceil((options.steps * options.batchSize) / batchSize);
      const steps = await training.take(count, options.seconds);
      await training.close();
      rates[i]!.push(sum(steps.map(({ examples }) => examples)) / sum(steps.map(({ seconds }) => seconds)));
    }
  }
  return points.map(({ config, dataset }, i) => ({
    rate: median(rates[i]!),
    flops: meanFlops(trainingFlops, config, dataset),
  }));
}
