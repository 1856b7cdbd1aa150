import { headsOptions, scratchOptions } from "../bert/options.js";
import { lengthOptions, taskOptions, trainingExamplesOptions, vocabularyOptions } from "../data/options.js";
import { type Option, type Options, type OptionValues, option } from "../option.js";
import { choice } from "../option-kinds.js";
import {
  checkpointOptions,
  exampleFileOptions,
  keyOptions,
  learningOptions,
  outputOptions,
  poolingOptions,
  pretrainedOptions,
  rankOptions,
  recipeOptions,
  teacherOptions,
} from "../run/options.js";
import { selectionOptions } from "../train/options.js";
import { labelledExampleOptions } from "./options.js";

const dataOptions = {
  ...exampleFileOptions,
  ...labelledExampleOptions,
  task: { ...taskOptions.task, default: "auto" as const },
  ...trainingExamplesOptions,
  ...lengthOptions,
};

/** What training starts from. */
export const startOptions = {
  ...pretrainedOptions,
  ...keyOptions,
  ...poolingOptions,
  ...headsOptions,
  ...scratchOptions,
  ...vocabularyOptions,
};

/** What is shown of a run. */
export const terminalOptions = {
  logFormat: option(choice(["text", "json"], "format"), {
    default: "text",
    help: "what goes to standard output: lines to read, or each event as JSON",
  }),
};

/** Those of which a recipe tells what they are unless they are given. */
export const learningFlags = {
  ...learningOptions,
  batchSize: fromRecipe(learningOptions.batchSize),
  epochs: fromRecipe(learningOptions.epochs),
  learningRate: fromRecipe(learningOptions.learningRate),
  schedule: fromRecipe(learningOptions.schedule),
  warmup: fromRecipe(learningOptions.warmup),
};

function fromRecipe<T>(option: Option<T>): Option<T | undefined> {
  return { ...option, default: undefined, defaultText: `the recipe's; the book's is ${option.default}` };
}

/** The options of `tunebert train`, by the headings under which they are listed. */
export const trainOptionGroups: Readonly<Record<string, Options>> = {
  Data: dataOptions,
  Model: startOptions,
  Training: { ...recipeOptions, ...learningFlags, ...rankOptions },
  "Learning from a teacher": teacherOptions,
  "Choosing a model, with --validation": selectionOptions,
  Checkpoints: checkpointOptions,
  Output: { ...outputOptions, ...terminalOptions },
};

/** What was typed, with the defaults of what was not. */
export type TrainFlags = OptionValues<
  typeof dataOptions &
    typeof startOptions &
    typeof recipeOptions &
    typeof learningFlags &
    typeof teacherOptions &
    typeof rankOptions &
    typeof selectionOptions &
    typeof checkpointOptions &
    typeof outputOptions &
    typeof terminalOptions
>;
