import { checkOptions, type GivenOptions, type OptionValues, option } from "../option.js";
import { count } from "../option-kinds.js";
import { physicalCores } from "../runtime/threads/physical-cores.js";
import { classificationOptions } from "../tasks/classification.js";
import { selectionOptions, trainingOptions } from "../train/options.js";

/** Where a run computes. */
const deviceOptions = {
  /** replicas, each on a thread of its own; default: the physical cores */
  threads: option(count, {
    default: physicalCores(),
    defaultText: "the physical cores",
    help: "threads to train on",
  }),
};

/** How a run's model learns: what its trainer, its task and its device can be told. */
export const learningOptions = { ...trainingOptions, ...classificationOptions, ...deviceOptions };

const runOptionTable = { ...learningOptions, ...selectionOptions };

/**
 * What a run in a folder can be told: the options of its trainer and its task, and its threads.
 * @interface
 */
export type RunOptions = OptionValues<typeof runOptionTable>;

/** Fills in the defaults; throws a TunebertError that names an option outside its range. */
export function runOptions(given: GivenOptions<typeof runOptionTable>): RunOptions {
  return checkOptions(runOptionTable, given);
}
