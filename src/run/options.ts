import { DEFAULT_KEEP } from "../hub/store/checkpoint-folder.js";
import { checkOptions, type GivenOptions, type OptionValues, option, required } from "../option.js";
import { choice, count, fraction, text, yesNo } from "../option-kinds.js";
import { physicalCores } from "../runtime/threads/physical-cores.js";
import { classificationOptions } from "../tasks/classification.js";
import { distillationOptions } from "../tasks/distillation.js";
import { selectionOptions, trainingOptions } from "../train/options.js";
import { interval } from "./interval.js";
import { RECIPES } from "./recipe.js";

/** Where a run computes. */
const deviceOptions = {
  /** replicas, each on a thread of its own; default: the physical cores */
  threads: option(count, {
    default: physicalCores(),
    defaultText: "the physical cores",
    help: "threads to train on",
  }),
};

/** What processes of mpirun are told. */
export const rankOptions = {
  rankTimeout: option(count, {
    default: 120,
    help: "with mpirun: seconds for which another process may be silent",
  }),
};

/** How a run's model learns: what its trainer, its task and its device can be told. */
export const learningOptions = { ...trainingOptions, ...classificationOptions, ...deviceOptions };

/** Where options come from that nobody gives. */
export const recipeOptions = {
  /**
   * `auto`: from scratch what fits the number of examples, of the book's models the book's, of others what is usual;
   * `book`: the book's always.
   * Default: auto.
   */
  recipe: option(choice(RECIPES, "which"), {
    default: "auto",
    help: "where batch size, epochs, learning rate, schedule and warm-up come from if not given: what fits the number of examples or the pretrained model (auto), or the book",
  }),
};

const runOptionTable = { ...learningOptions, ...distillationOptions, ...selectionOptions };

/**
 * What a run in a folder can be told: the options of its trainer and its task, and its threads.
 * @interface
 */
export type RunOptions = OptionValues<typeof runOptionTable>;

/** Fills in the defaults; throws a TunebertError that names an option outside its range. */
export function runOptions(given: GivenOptions<typeof runOptionTable>): RunOptions {
  return checkOptions(runOptionTable, given);
}

/** Where the examples are. */
export const exampleFileOptions = {
  train: required(text("file"), {
    help: "labelled examples, texts or pairs of texts, to train on: SNLI's .txt, or .tsv, .csv, .json or .jsonl with named columns, as they are or as .gz, or .parquet; or snli, which is fetched",
  }),
  validation: option(text("file"), {
    help: "labelled examples by which the best epoch's model is chosen and kept; snli means its dev pairs",
  }),
  test: option(text("file"), {
    help: "labelled examples to measure accuracy on after each epoch; snli means its test pairs",
  }),
  /** About what part of the training examples is measured on instead; all with one first text are on the same side. */
  testShare: option(fraction, {
    defaultText: "none",
    help: "instead of --test: about what part of the training examples to measure on, drawn by the seed",
    conflicts: ["test"],
  }),
};

/** What training starts from. */
export const pretrainedOptions = {
  pretrained: option(text("folder"), {
    help: "start from a folder with vocab.json and pretrained.params, from one of Hugging Face's with a BERT or org/name of its hub, from a trained model, or from a model that tunebert fetch knows",
  }),
};

/** What a model of Hugging Face's reads. */
export const poolingOptions = {
  /** Default: the mean over the tokens where a folder of `sentence-transformers` says so, else the first token. */
  pooling: option(choice<"cls" | "mean">(["cls", "mean"], "which"), {
    defaultText: "what the folder says, else cls",
    help: "what the output layer of a model of Hugging Face's reads: the first token, or the mean over all",
  }),
};

/** Who teaches, and how. */
export const teacherOptions = {
  /** A trained classifier with the same labels, whose probabilities are learnt from too. */
  teacher: option(text("folder"), {
    help: "learn from the probabilities of this trained model too, whatever its size and kind",
  }),
  /** A file of examples without labels, or whose labels are passed over. */
  unlabelled: option(text("file"), {
    help: "with --teacher: examples without labels to learn from too, by the teacher's answers alone",
  }),
  ...distillationOptions,
};

/** Which part of a weights file is meant. */
export const keyOptions = {
  key: option(text("path"), {
    help: "which dictionary of tensors, in a checkpoint of PyTorch that has several: its keys, joined by dots",
  }),
};

/** What is kept to go on from. */
export const checkpointOptions = {
  /** Default: every 10 minutes; each epoch ends with one besides. */
  checkpointEvery: option(interval, {
    defaultText: "10m",
    help: "steps or time between checkpoints, such as 500, 90s, 10m or 2h; each epoch ends with one too",
  }),
  /** Default 2. */
  keep: option(count, {
    default: DEFAULT_KEEP,
    help: "how many of the latest checkpoints stay, besides the best",
  }),
  /** Whether there are any; default: yes. */
  checkpoints: option(yesNo, {
    default: true,
    help: "take none; the run cannot be resumed then",
    conflicts: ["resume"],
  }),
  /** Whether training goes on from the latest one that is in the folder; default: no. */
  resume: option(yesNo, {
    default: false,
    help: "go on from the latest checkpoint in the output folder",
    conflicts: ["overwrite"],
  }),
};

/** Where it all goes. */
export const outputOptions = {
  /** A folder, which is made where there is none. */
  out: required(text("folder"), { help: "where the model, its metrics and its report go" }),
  /** Default: no. */
  tensorboard: option(yesNo, {
    default: false,
    help: "write the figures of each step for TensorBoard too, to tensorboard in that folder",
  }),
  /** Whether a model and checkpoints that are there are replaced; default: no, they are refused. */
  overwrite: option(yesNo, {
    default: false,
    help: "replace the model and the checkpoints that are in the folder",
  }),
};
