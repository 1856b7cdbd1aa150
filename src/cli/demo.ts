import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { BertClassifier } from "../bert/bert-classifier.js";
import { generateSamplePairs, showcasePairs } from "../data/sample-pairs/sample-pairs.js";
import { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { makeFolder } from "../hub/files/make-folder.js";
import { writeWhole } from "../hub/files/write-whole.js";
import { classifierFrom, loadPretrained } from "../hub/store/pretrained.js";
import { type OptionValues, option, reworded } from "../option.js";
import { text } from "../option-kinds.js";
import { Predictor } from "../predict/predictor.js";
import { Random } from "../random.js";
import { type DataRecord, dataRecord } from "../report/files/run-record.js";
import type { Listener } from "../run/listeners/listener.js";
import { learningOptions } from "../run/options.js";
import { inRunFolder } from "../run/run-folder.js";
import { threads as threadsOf } from "../runtime/threads/threads.js";
import { systemReason } from "../system-error.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { addOptions } from "./add-options.js";
import { whereAndHow } from "./ask-command.js";
import { formatPrediction } from "./prediction-formats.js";
import { note, print } from "./print.js";
import { trainInTerminal } from "./train-in-terminal.js";

const demoOptions = {
  pairs: option(text("folder"), { help: "only write the sample pairs there, as train.tsv and test.tsv" }),
  out: option(text("folder"), {
    default: "tunebert-demo",
    help: "where the model, its metrics and its report go",
  }),
  seed: reworded(learningOptions.seed, "of initialisation, shuffling and dropout"),
  threads: learningOptions.threads,
};

type DemoFlags = OptionValues<typeof demoOptions>;

/** The pretrained model that comes with the package. */
const PRETRAINED = "bert.mini";
/** Positions that are faint beside the words let heads find equal words sooner. */
const INITIAL = { embeddingStd: 1, positionStd: 0.1 };
const TRAINING = { batchSize: 64, learningRate: 5e-4, dropout: 0 };
/** As many as there is patience for: from scratch it takes many more. */
const EPOCHS = { pretrained: 4, fromScratch: 3 };
const MAX_LENGTH = 64;
const PAIRS_SEED = 1;

export function addDemoCommand(program: Command): void {
  const command = program
    .command("demo")
    .description(
      "Fine-tune the BERT that comes with tunebert on generated sample pairs, and one like it from scratch beside it; then ask it five pairs.",
    )
    .action(demo);
  addOptions(command, demoOptions);
}

async function demo({ pairs, ...flags }: DemoFlags): Promise<void> {
  const corpus = generateSamplePairs(PAIRS_SEED);
  if (pairs !== undefined) return writePairs(corpus, pairs);
  const pretrained = await loadPretrained(PRETRAINED);
  const { tokenizer, config } = pretrained;
  const options = { maxLength: MAX_LENGTH, labels: LABELS };
  const train = await TextDataset.encode(corpus.train, tokenizer, options);
  const test = await TextDataset.encode(corpus.test, tokenizer, options);
  print(`sample pairs: ${train.size} training and ${test.size} test pairs`);
  const random = () => new Random(flags.seed);
  const sets = { ...flags, corpus, train, test, tokenizer };

  print(["", `1. ${PRETRAINED}, pretrained on ${PRETRAINED_ON}, is fine-tuned`]);
  const tuned = classifierFrom(pretrained, LABELS, random());
  const first = await trainBeside(flags.out, tuned, EPOCHS.pretrained, { ...sets, pretrained: PRETRAINED });
  print(["", "2. the same model from scratch"]);
  const fresh = BertClassifier.fromScratch(config, LABELS, random(), INITIAL);
  const second = await trainBeside(join(flags.out, "from-scratch"), fresh, EPOCHS.fromScratch, sets);
  print(["", ...besideEachOther(first, second)]);

  const predictor = await Predictor.start({
    model: tuned,
    tokenizer,
    maxLength: MAX_LENGTH,
    device: threadsOf(1),
  });
  try {
    const predictions = await predictor.predict(showcasePairs);
    showcasePairs.forEach(({ text, textPair, label }, i) => {
      const answer = `  ${formatPrediction(predictions[i]!)}  (expected: ${label})`;
      print(["", text, textPair, answer]);
    });
  } finally {
    await predictor.close();
  }
  const question = { text: "a dog is running .", textPair: "a dog is sleeping ." };
  print(["", ...whereAndHow(flags.out, question, process.argv, process.env)]);
}

type SampleCorpus = ReturnType<typeof generateSamplePairs>;

const LABELS = ["entailment", "contradiction", "neutral"];
const PRETRAINED_ON = "SNLI's sentences and WikiText";

interface DemoSets extends Omit<DemoFlags, "pairs" | "out"> {
  readonly corpus: SampleCorpus;
  readonly train: TextDataset;
  readonly test: TextDataset;
  readonly tokenizer: Tokenizer;
  /** What the weights began as. */
  readonly pretrained?: string;
}

/** Steps that were taken, and the accuracy on the test pairs after them, epoch by epoch. */
type Course = readonly { readonly steps: number; readonly accuracy: number }[];

function trainBeside(
  out: string,
  model: BertClassifier,
  epochs: number,
  { corpus, train, test, tokenizer, seed, threads, pretrained }: DemoSets,
): Promise<Course> {
  const course: { steps: number; accuracy: number }[] = [];
  let steps = 0;
  const recorder: Listener = {
    handle(event) {
      if (event.event === "step") steps = event.step;
      else if (event.event === "epoch") course.push({ steps, accuracy: event.test?.accuracy ?? 0 });
    },
  };
  return inRunFolder(out, { overwrite: true, onNotice: note }, async (folder) => {
    await trainInTerminal({
      ...{ model, tokenizer, maxLength: MAX_LENGTH, train, test },
      heldOut: corpus.test,
      out: folder,
      options: { ...TRAINING, epochs, seed, threads },
      checkpoints: false,
      listeners: [recorder],
      description: {
        pretrained,
        settings: pretrained === undefined ? INITIAL : {},
        data: { train: generated("training", train), test: generated("test", test) },
      },
    });
    return course;
  });
}

/** Both courses in a table, and how many steps each takes to the same accuracy. */
function besideEachOther(tuned: Course, fresh: Course): string[] {
  const rows = Array.from({ length: Math.max(tuned.length, fresh.length) }, (_, i) => {
    const cells = [tuned[i], fresh[i]].map((point) => (point ? point.accuracy.toFixed(3) : ""));
    return [String(i + 1), String((tuned[i] ?? fresh[i])!.steps), ...cells];
  });
  const table = [["epoch", "steps", PRETRAINED, "from scratch"], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map(
    (row) => `  ${row.map((cell, column) => cell.padStart(widths[column]!)).join("  ")}`,
  );
  return ["accuracy on the test pairs", ...lines, "", stepsToEqualAccuracy(tuned, fresh)];
}

function stepsToEqualAccuracy(tuned: Course, fresh: Course): string {
  const best = fresh.reduce((most, point) => (point.accuracy > most.accuracy ? point : most));
  const first = tuned.find(({ accuracy }) => accuracy >= best.accuracy);
  const reached = `from scratch it takes ${best.steps} steps to ${best.accuracy.toFixed(3)}`;
  if (first === undefined)
    return `${reached}, which the pretrained model has not reached after ${tuned.at(-1)!.steps}`;
  return `${reached}; the pretrained model is past that after ${first.steps}, with ${first.accuracy.toFixed(3)}`;
}

/** For `tunebert train` to read: the columns have the names that it looks for. */
async function writePairs(corpus: SampleCorpus, folder: string): Promise<void> {
  const files = Object.entries(corpus).map(([split, pairs]) => ({
    path: join(folder, `${split}.tsv`),
    pairs,
  }));
  const existing = files.find(({ path }) => existsSync(path));
  if (existing) throw new TunebertError(`${existing.path} exists already; choose another folder`);
  await makeFolder(folder).catch((cause) => {
    throw new TunebertError(`cannot write to ${folder}: ${systemReason(cause)}`, { cause });
  });
  for (const { path, pairs } of files) {
    const rows = pairs.map(({ text, textPair, label }) => `${text}\t${textPair}\t${label}\n`);
    await writeWhole(path, `premise\thypothesis\tlabel\n${rows.join("")}`);
    print(`${path}: ${pairs.length} pairs`);
  }
}

function generated(part: string, dataset: TextDataset): DataRecord {
  return dataRecord({ name: `generated sample pairs (${part}, seed ${PAIRS_SEED})` }, dataset);
}
