import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { BertClassifier } from "../bert/bert-classifier.js";
import { generateSamplePairs, showcasePairs } from "../data/sample-pairs/sample-pairs.js";
import { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { makeFolder } from "../hub/files/make-folder.js";
import { writeWhole } from "../hub/files/write-whole.js";
import { type OptionValues, option, reworded } from "../option.js";
import { text } from "../option-kinds.js";
import { Predictor } from "../predict/predictor.js";
import { Random } from "../random.js";
import { type DataRecord, dataRecord } from "../report/files/run-record.js";
import { learningOptions } from "../run/options.js";
import { inRunFolder, type RunFolder } from "../run/run-folder.js";
import { threads as threadsOf } from "../runtime/threads/threads.js";
import { systemReason } from "../system-error.js";
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

/** A BERT that learns the sample pairs from scratch within a minute or so on two cores. */
const MODEL = { hidden: 128, ffn: 256, heads: 8, blocks: 3, maxPositions: 64 };
/** Positions that are faint beside the words let heads find equal words sooner. */
const INITIAL = { embeddingStd: 1, positionStd: 0.1 };
const TRAINING = { batchSize: 64, learningRate: 5e-4, epochs: 7, dropout: 0 };
const MAX_LENGTH = 64;
const PAIRS_SEED = 1;

export function addDemoCommand(program: Command): void {
  const command = program
    .command("demo")
    .description(
      "Train a small BERT from scratch on generated sample pairs, without a network, and ask it five pairs.",
    )
    .action(demo);
  addOptions(command, demoOptions);
}

async function demo({ pairs, ...flags }: DemoFlags): Promise<void> {
  const corpus = generateSamplePairs(PAIRS_SEED);
  if (pairs !== undefined) return writePairs(corpus, pairs);
  const options = { overwrite: true, onNotice: note };
  await inRunFolder(flags.out, options, (folder) => trainOn(corpus, folder, flags));
}

type SampleCorpus = ReturnType<typeof generateSamplePairs>;

async function trainOn(
  corpus: SampleCorpus,
  folder: RunFolder,
  { out, seed, threads }: Omit<DemoFlags, "pairs">,
): Promise<void> {
  const options = { maxLength: MAX_LENGTH, minFrequency: 1 };
  const { dataset: train, tokenizer } = await TextDataset.encodeWithNewVocabulary(corpus.train, options);
  const labels = train.labelNames;
  const test = await TextDataset.encode(corpus.test, tokenizer, { ...options, labels });
  print(`sample pairs: ${train.size} training and ${test.size} test pairs, ${tokenizer.size} words`);

  const config = { ...MODEL, vocabularySize: tokenizer.size };
  const model = BertClassifier.fromScratch(config, labels, new Random(seed), INITIAL);
  const saved = { model, tokenizer, maxLength: MAX_LENGTH };
  await trainInTerminal({
    ...saved,
    train,
    test,
    heldOut: corpus.test,
    out: folder,
    options: { ...TRAINING, seed, threads },
    checkpoints: false,
    description: {
      settings: { ...INITIAL, minFrequency: options.minFrequency },
      data: { train: generated("training", train), test: generated("test", test) },
    },
  });

  const predictor = await Predictor.start({ ...saved, device: threadsOf(1) });
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
  print(["", ...whereAndHow(out, question, process.argv, process.env)]);
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
