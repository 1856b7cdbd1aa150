import type { Freeze } from "../bert/freeze.js";
import { TunebertError } from "../error.js";
import { physicalCores } from "../runtime/threads/physical-cores.js";
import type { ClassWeights } from "../tasks/class-weights.js";
import { defaultClassificationOptions } from "../tasks/classification.js";
import { type ScheduleName, scheduleNames } from "./schedule.js";

/** Hyper-parameters. The defaults are those of d2l section 16.7. */
export interface TrainerOptions {
  /** examples per batch; default 512 */
  readonly batchSize: number;
  /** batches per optimizer step, whose losses are averaged; default 1 */
  readonly accumulate: number;
  /** default 5 */
  readonly epochs: number;
  /** at its highest; default 1e-4 */
  readonly learningRate: number;
  /** what becomes of the learning rate after the warm-up, until the last step of the last epoch; default constant */
  readonly schedule: ScheduleName;
  /** optimizer steps over which the learning rate rises from 0; below 1, the fraction of all steps; default 0 */
  readonly warmup: number;
  /** of AdamW, which spares biases and LayerNorm; default 0, plain Adam */
  readonly weightDecay: number;
  /** the largest norm of all gradients together, to which a larger one is scaled down; default: no limit */
  readonly clipNorm: number | undefined;
  /** probability of dropping an attention weight or an element before a residual; default 0.1 */
  readonly dropout: number;
  /** the part of every target that is spread evenly over all labels; default 0 */
  readonly labelSmoothing: number;
  /** what an example of each label counts in the loss; default: equal */
  readonly classWeights: ClassWeights;
  /** what is not trained; default: nothing */
  readonly freeze: Freeze;
  /** the figure that makes one epoch's model better than another's on a validation set; default: the task's first */
  readonly metric: string | undefined;
  /** epochs in a row without a better model after which training stops; default: none, it runs to the end */
  readonly patience: number | undefined;
  /** of shuffling and dropout; default 0 */
  readonly seed: number;
  /** replicas, each on a thread of its own; default: the physical cores */
  readonly threads: number;
  /** whether each epoch visits the examples in a new order; default true */
  readonly shuffle: boolean;
}

export const defaultTrainerOptions: TrainerOptions = {
  batchSize: 512,
  accumulate: 1,
  epochs: 5,
  learningRate: 1e-4,
  schedule: "constant",
  warmup: 0,
  weightDecay: 0,
  clipNorm: undefined,
  ...defaultClassificationOptions,
  metric: undefined,
  patience: undefined,
  seed: 0,
  threads: physicalCores(),
  shuffle: true,
};

/** Fills in the defaults; throws a TunebertError that names an option outside its range. */
export function trainerOptions(given: Partial<TrainerOptions>): TrainerOptions {
  const options = { ...defaultTrainerOptions, ...given };
  const check = (name: keyof TrainerOptions, fits: boolean, expected: string) => {
    if (fits) return;
    throw new TunebertError((named) => `${named} is ${options[name]}; it must be ${expected}`, {
      option: name,
    });
  };
  const checkCount = (name: "batchSize" | "accumulate" | "epochs" | "threads" | "patience") => {
    check(name, isCount(options[name]), "a whole number of at least 1");
  };
  const { learningRate, warmup, weightDecay, clipNorm, patience, freeze } = options;
  for (const name of ["batchSize", "accumulate", "epochs", "threads"] as const) checkCount(name);
  if (patience !== undefined) checkCount("patience");
  check("learningRate", Number.isFinite(learningRate) && learningRate > 0, "a positive number");
  check("schedule", scheduleNames.includes(options.schedule), `one of ${scheduleNames.join(", ")}`);
  check(
    "warmup",
    (warmup >= 0 && warmup < 1) || isCount(warmup),
    "a whole number of steps, or a fraction below 1 of all steps",
  );
  check("weightDecay", Number.isFinite(weightDecay) && weightDecay >= 0, "a number of at least 0");
  check(
    "clipNorm",
    clipNorm === undefined || (Number.isFinite(clipNorm) && clipNorm > 0),
    "a positive number",
  );
  for (const name of ["dropout", "labelSmoothing"] as const) {
    check(name, options[name] >= 0 && options[name] < 1, "at least 0 and less than 1");
  }
  check(
    "freeze",
    ["nothing", "embeddings", "encoder"].includes(freeze as string) || isCount(freeze),
    "nothing, embeddings, encoder or a whole number of blocks",
  );
  check("seed", Number.isSafeInteger(options.seed), "a whole number");
  return options;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
