import type { BertClassifier } from "../../src/bert/bert-classifier.js";
import type { TextDataset } from "../../src/data/text-dataset.js";
import { threads } from "../../src/runtime/threads/threads.js";
import { classification } from "../../src/tasks/classification.js";
import { type TrainerOptions, trainerOptions } from "../../src/train/options.js";
import { Trainer } from "../../src/train/trainer.js";

/** Trains a classifier as the command does, with the options of trainer and task in one. */
export function classifierTrainer(
  model: BertClassifier,
  train: TextDataset,
  given: Partial<TrainerOptions> = {},
): Trainer<TextDataset> {
  const options = trainerOptions(given);
  return new Trainer(classification(model, train, options), threads(options.threads), options);
}
