import { headsOptions, scratchOptions } from "../bert/options.js";
import { lengthOptions, trainingExamplesOptions, vocabularyOptions } from "../data/options.js";
import { type Options, type OptionValues, option, required } from "../option.js";
import { choice, text, yesNo } from "../option-kinds.js";
import { learningOptions } from "../run/options.js";
import { selectionOptions } from "../train/options.js";
import { checkpointOptions } from "./checkpoint-options.js";
import { keyOptions, labelledExampleOptions } from "./options.js";

const dataOptions = {
  train: required(text("file"), {
    help: "labelled examples, texts or pairs of texts, to train on: SNLI's .txt, or .tsv, .csv or .jsonl with named columns, as they are or as .gz; or snli, which is fetched",
  }),
  validation: option(text("file"), {
    help: "labelled examples by which the best epoch's model is chosen and kept; snli means its dev pairs",
  }),
  test: option(text("file"), {
    help: "labelled examples to measure accuracy on after each epoch; snli means its test pairs",
  }),
  ...labelledExampleOptions,
  ...trainingExamplesOptions,
  ...lengthOptions,
};

const modelOptions = {
  pretrained: option(text("folder"), {
    help: "start from vocab.json and pretrained.params in this folder, from a trained model, or from a model that tunebert fetch knows",
  }),
  ...keyOptions,
  ...headsOptions,
  ...scratchOptions,
  ...vocabularyOptions,
};

const outputOptions = {
  out: required(text("folder"), { help: "where the model, its metrics and its report go" }),
  tensorboard: option(yesNo, {
    default: false,
    help: "write the figures of each step for TensorBoard too, to tensorboard in that folder",
  }),
  overwrite: option(yesNo, {
    default: false,
    help: "replace the model and the checkpoints that are in the folder",
  }),
  logFormat: option(choice(["text", "json"], "format"), {
    default: "text",
    help: "what goes to standard output: lines to read, or each event as JSON",
  }),
};

/** The options of `tunebert train`, by the headings under which they are listed. */
export const trainOptionGroups: Readonly<Record<string, Options>> = {
  Data: dataOptions,
  Model: modelOptions,
  Training: learningOptions,
  "Choosing a model, with --validation": selectionOptions,
  Checkpoints: checkpointOptions,
  Output: outputOptions,
};

/** What was typed, with the defaults of what was not. */
export type TrainFlags = OptionValues<
  typeof dataOptions &
    typeof modelOptions &
    typeof learningOptions &
    typeof selectionOptions &
    typeof checkpointOptions &
    typeof outputOptions
>;
