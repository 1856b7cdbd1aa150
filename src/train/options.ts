import { checkOptions, type Kind, type OptionValues, option } from "../option.js";
import {
  choice,
  count,
  fraction,
  numberFromZero,
  positiveNumber,
  text,
  wholeNumber,
  yesNo,
} from "../option-kinds.js";
import { scheduleNames } from "./schedule.js";

const inFingerprint = true;

const warmup: Kind<number> = {
  ...numberFromZero,
  expected: "a whole number of steps, or a fraction below 1 of all steps",
  placeholder: "n",
  fits: (value): value is number => fraction.fits(value) || count.fits(value),
};

/** How steps are taken. */
export const trainingOptions = {
  /** examples per batch; default 512 */
  batchSize: option(count, { default: 512, help: "examples per batch", inFingerprint }),
  /** batches per optimizer step, whose losses are averaged; default 1 */
  accumulate: option(count, { default: 1, help: "batches per optimizer step", inFingerprint }),
  /** default 5 */
  epochs: option(count, { default: 5, help: "passes over the training examples" }),
  /** at its highest; default 1e-4 */
  learningRate: option(positiveNumber, { default: 1e-4, help: "of Adam", inFingerprint }),
  /** what becomes of the learning rate after the warm-up, until the last step of the last epoch; default constant */
  schedule: option(choice(scheduleNames), {
    default: "constant",
    help: "what becomes of the learning rate until the last step",
    inFingerprint,
  }),
  /** optimizer steps over which the learning rate rises from 0; below 1, the fraction of all steps; default 0 */
  warmup: option(warmup, {
    default: 0,
    help: "steps over which the learning rate rises from 0; below 1, the fraction of all steps",
    inFingerprint,
  }),
  /** of AdamW, which spares biases and LayerNorm; default 0, plain Adam */
  weightDecay: option(numberFromZero, { default: 0, help: "of AdamW; 0 is plain Adam", inFingerprint }),
  /** the largest norm of all gradients together, to which a larger one is scaled down; default: no limit */
  clipNorm: option(positiveNumber, {
    defaultText: "never",
    help: "scale gradients down to this norm of them all",
    inFingerprint,
  }),
  /** whether each epoch visits the examples in a new order; default true */
  shuffle: option(yesNo, { default: true, help: "keep the order of the file in every epoch", inFingerprint }),
  /** of shuffling and dropout; default 0 */
  seed: option(wholeNumber(), {
    default: 0,
    help: "of initialisation, shuffling and dropout; same seed and threads, same bits",
    inFingerprint,
  }),
};

/** Which epoch's model is kept. */
export const selectionOptions = {
  /** the figure that makes one epoch's model better than another's on a validation set; default: the task's first */
  metric: option(text("figure"), {
    defaultText: "the first",
    help: "what makes an epoch's model the best: accuracy, loss, macroF1 or matthews; of any labels microF1, macroF1, exactMatch or loss; of numbers pearson, spearman or loss",
  }),
  /** epochs in a row without a better model after which training stops; default: none, it runs to the end */
  patience: option(count, {
    defaultText: "never",
    help: "stop after n epochs in a row without a better model",
  }),
};

/** All that the trainer can be told. */
export const trainerOptionTable = { ...trainingOptions, ...selectionOptions };

/**
 * Hyper-parameters. The defaults are those of d2l section 16.7.
 * @interface
 */
export type TrainerOptions = OptionValues<typeof trainerOptionTable>;

/** Fills in the defaults; throws a TunebertError that names an option outside its range. */
export function trainerOptions(given: Partial<TrainerOptions>): TrainerOptions {
  return checkOptions(trainerOptionTable, given);
}
