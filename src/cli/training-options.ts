import { type Command, InvalidArgumentError, Option } from "commander";
import type { Freeze } from "../bert/freeze.js";
import type { ClassWeights } from "../tasks/class-weights.js";
import { defaultTrainerOptions as defaults, type TrainerOptions } from "../train/options.js";
import { type ScheduleName, scheduleNames } from "../train/schedule.js";
import { numberFromZero, positiveNumber, positiveWholeNumber, probability, wholeNumber } from "./options.js";

/** The options of the trainer, under names that are good to type. */
export interface TrainingFlags {
  readonly batchSize: number;
  readonly accumulate: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  readonly warmup: number;
  readonly weightDecay: number;
  readonly clipNorm?: number;
  readonly dropout: number;
  readonly labelSmoothing: number;
  readonly classWeights: ClassWeights;
  readonly freeze: Freeze;
  readonly metric?: string;
  readonly patience?: number;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly threads: number;
}

export function addTrainingOptions(command: Command): void {
  command
    .optionsGroup("Training:")
    .option("--batch-size <n>", "examples per batch", positiveWholeNumber, defaults.batchSize)
    .option("--accumulate <n>", "batches per optimizer step", positiveWholeNumber, defaults.accumulate)
    .option("--epochs <n>", "passes over the training pairs", positiveWholeNumber, defaults.epochs)
    .option("--learning-rate <x>", "of Adam", positiveNumber, defaults.learningRate)
    .addOption(
      new Option("--schedule <name>", "what becomes of the learning rate until the last step")
        .choices(scheduleNames)
        .default(defaults.schedule),
    )
    .option(
      "--warmup <n>",
      "steps over which the learning rate rises from 0; below 1, the fraction of all steps",
      warmup,
      defaults.warmup,
    )
    .option("--weight-decay <x>", "of AdamW; 0 is plain Adam", numberFromZero, defaults.weightDecay)
    .option(
      "--clip-norm <x>",
      "scale gradients down to this norm of them all (default: never)",
      positiveNumber,
    )
    .option("--dropout <p>", "probability of dropping", probability, defaults.dropout)
    .option("--label-smoothing <p>", "part of each target to spread", probability, defaults.labelSmoothing)
    .option(
      "--class-weights <weights...>",
      "what examples count by their label: equal, balanced, or some of label=weight",
      classWeights,
      defaults.classWeights,
    )
    .option(
      "--freeze <what>",
      "leave untrained: nothing, embeddings, these and the lowest n blocks (a number), or encoder",
      freeze,
      defaults.freeze,
    )
    .option("--no-shuffle", "keep the order of the file in every epoch")
    .option(
      "--seed <n>",
      "of initialisation, shuffling and dropout; same seed and threads, same bits",
      wholeNumber,
      defaults.seed,
    )
    .option("--threads <n>", "threads to train on", positiveWholeNumber, defaults.threads)
    .optionsGroup("Choosing a model, with --validation:")
    .option(
      "--metric <figure>",
      "what makes an epoch's model the best: accuracy, loss or macroF1; of numbers pearson, spearman or loss " +
        "(default: the first)",
    )
    .option(
      "--patience <n>",
      "stop after n epochs in a row without a better model (default: never)",
      positiveWholeNumber,
    );
}

export function trainerOptionsOf(flags: TrainingFlags): TrainerOptions {
  const { batchSize, accumulate, epochs, learningRate, schedule, warmup, weightDecay, clipNorm } = flags;
  const { dropout, labelSmoothing, classWeights, freeze, metric, patience, shuffle, seed, threads } = flags;
  return {
    ...{ batchSize, accumulate, epochs, learningRate, schedule, warmup, weightDecay, clipNorm },
    ...{ dropout, labelSmoothing, classWeights, freeze, metric, patience, shuffle, seed, threads },
  };
}

function warmup(text: string): number {
  const number = numberFromZero(text);
  if (number >= 1 && !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError("Expected a whole number of steps, or a fraction below 1.");
  }
  return number;
}

function freeze(text: string): Freeze {
  if (text === "nothing" || text === "embeddings" || text === "encoder") return text;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected nothing, embeddings, encoder, or a number of blocks.");
}

/** Called for one value after the other. */
function classWeights(text: string, before: ClassWeights): ClassWeights {
  const named = typeof before === "string" ? {} : before;
  if ((text === "equal" || text === "balanced") && before === defaults.classWeights) return text;
  const [, label, number] = /^(.+)=([^=]+)$/.exec(text) ?? [];
  const weight = Number(number);
  if (label === undefined || before === "balanced" || !(weight > 0 && Number.isFinite(weight))) {
    throw new InvalidArgumentError(
      "Expected equal or balanced alone, or label=weight with a weight above 0.",
    );
  }
  if (Object.hasOwn(named, label)) throw new InvalidArgumentError(`There are two weights for ${label}.`);
  return { ...named, [label]: weight };
}
