import type { BertClassifier } from "../../src/bert/bert-classifier.js";
import type { TextDataset } from "../../src/data/text-dataset.js";
import { type RunOptions, runOptions } from "../../src/run/options.js";
import { threads } from "../../src/runtime/threads/threads.js";
import { classification } from "../../src/tasks/classification.js";
import { Trainer } from "../../src/train/trainer.js";

export type TrainingOptions = Partial<RunOptions>;

/** Trains a classifier as the command does, with the options of trainer and task in one. */
export function classifierTrainer(
  model: BertClassifier,
  train: TextDataset,
  given: TrainingOptions = {},
): Trainer<TextDataset> {
  const options = runOptions(given);
  return new Trainer(classification(model, train, options), threads(options.threads), options);
}
