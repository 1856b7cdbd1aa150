import { TunebertError } from "../error.js";
import { physicalCores } from "../runtime/physical-cores.js";

/** Hyper-parameters. The defaults are those of d2l section 16.7. */
export interface TrainerOptions {
  /** examples per optimizer step; default 512 */
  readonly batchSize: number;
  /** default 5 */
  readonly epochs: number;
  /** default 1e-4 */
  readonly learningRate: number;
  /** probability of dropping an attention weight or an element before a residual; default 0.1 */
  readonly dropout: number;
  /** of shuffling and dropout; default 0 */
  readonly seed: number;
  /** replicas, each on a thread of its own; default: the physical cores */
  readonly threads: number;
  /** whether each epoch visits the examples in a new order; default true */
  readonly shuffle: boolean;
}

export const defaultTrainerOptions: TrainerOptions = {
  batchSize: 512,
  epochs: 5,
  learningRate: 1e-4,
  dropout: 0.1,
  seed: 0,
  threads: physicalCores(),
  shuffle: true,
};

/** Fills in the defaults; throws a TunebertError that names an option outside its range. */
export function trainerOptions(given: Partial<TrainerOptions>): TrainerOptions {
  const options = { ...defaultTrainerOptions, ...given };
  for (const name of ["batchSize", "epochs", "threads"] as const) {
    if (!Number.isSafeInteger(options[name]) || options[name] < 1) {
      throw new TunebertError(`${name} is ${options[name]}; it must be a whole number of at least 1`);
    }
  }
  if (!(options.learningRate > 0 && Number.isFinite(options.learningRate))) {
    throw new TunebertError(`learningRate is ${options.learningRate}; it must be a positive number`);
  }
  if (!(options.dropout >= 0 && options.dropout < 1)) {
    throw new TunebertError(`dropout is ${options.dropout}; it must be at least 0 and less than 1`);
  }
  if (!Number.isSafeInteger(options.seed))
    throw new TunebertError(`seed is ${options.seed}; it must be a whole number`);
  return options;
}
