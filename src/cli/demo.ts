import type { Command } from "commander";
import { BertClassifier } from "../bert/bert-classifier.js";
import { PairDataset } from "../data/pair-dataset.js";
import { generateSampleCorpus, samplePairs } from "../data/sample-corpus/sample-corpus.js";
import { expectFreeFolder } from "../hub/model-folder.js";
import { Predictor } from "../predict/predictor.js";
import { Random } from "../random.js";
import { defaultTrainerOptions } from "../train/options.js";
import { positiveWholeNumber, wholeNumber } from "./options.js";
import { formatPrediction } from "./predict.js";
import { runTraining } from "./training-run.js";

interface DemoFlags {
  readonly out: string;
  readonly seed: number;
  readonly threads: number;
}

/** A BERT that learns the sample corpus from scratch within a minute or two. */
const MODEL = { hidden: 128, ffn: 256, heads: 4, blocks: 2, maxPositions: 64 };
const EMBEDDING_STD = 0.02;
const TRAINING = { batchSize: 64, learningRate: 1e-3, epochs: 6, dropout: 0.1 };
const MAX_LENGTH = 64;
const CORPUS_SEED = 1;

export function addDemoCommand(program: Command): void {
  program
    .command("demo")
    .description(
      "Train a small BERT from scratch on a sample corpus, without a network, and ask it five pairs.",
    )
    .option("--out <folder>", "where the model, metrics.jsonl and curves.svg go", "tunebert-demo")
    .option("--seed <n>", "of initialisation, shuffling and dropout", wholeNumber, 0)
    .option("--threads <n>", "threads to train on", positiveWholeNumber, defaultTrainerOptions.threads)
    .action(demo);
}

async function demo({ out, seed, threads }: DemoFlags): Promise<void> {
  await expectFreeFolder(out, { overwrite: true });
  const corpus = generateSampleCorpus(CORPUS_SEED);
  const options = { maxLength: MAX_LENGTH, minFrequency: 1 };
  const { dataset: train, vocabulary } = await PairDataset.encodeWithNewVocabulary(corpus.train, options);
  const labels = train.labelNames;
  const test = await PairDataset.encode(corpus.test, vocabulary, { ...options, labels });
  console.log(`sample corpus: ${train.size} training and ${test.size} test pairs, ${vocabulary.size} words`);

  const config = { ...MODEL, vocabularySize: vocabulary.size };
  const model = BertClassifier.fromScratch(config, labels, new Random(seed), EMBEDDING_STD);
  const saved = { model, vocabulary, maxLength: MAX_LENGTH };
  await runTraining({ ...saved, train, test, out, overwrite: true, options: { ...TRAINING, seed, threads } });

  const predictor = await Predictor.start({ ...saved, threads: 1 });
  try {
    const predictions = await predictor.predict(samplePairs);
    samplePairs.forEach(({ premise, hypothesis, label }, i) => {
      console.log(
        `\n${premise}\n${hypothesis}\n  ${formatPrediction(predictions[i]!)}  (expected: ${label})`,
      );
    });
  } finally {
    await predictor.close();
  }
  console.log(`\nThe model, its metrics and curves.svg are in ${out}. Ask it yourself:`);
  console.log(`  npx tunebert predict --model ${out} "Two dogs are running ." "Three dogs are running ."`);
}
