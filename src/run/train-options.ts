import { type headsOptions, scratchOptions } from "../bert/options.js";
import type { TaskName } from "../data/answers.js";
import type {
  labelColumnOptions,
  lengthOptions,
  noLabelOptions,
  rowOptions,
  taskOptions,
  textColumnOptions,
  trainingExamplesOptions,
  vocabularyOptions,
} from "../data/options.js";
import { TunebertError } from "../error.js";
import type { FetchOptions } from "../hub/fetch/fetch-artifact.js";
import type { GivenOptions } from "../option.js";
import type { TextExample } from "../text/text-example.js";
import { selectionOptions } from "../train/options.js";
import type { Listener } from "./listeners/listener.js";
import {
  type checkpointOptions,
  type keyOptions,
  type learningOptions,
  type outputOptions,
  type poolingOptions,
  type pretrainedOptions,
  type recipeOptions,
  teacherOptions,
} from "./options.js";

/** Examples: the path of a file, the name of a data set such as `snli`, or the examples themselves. */
export type ExampleSource = string | Iterable<TextExample> | AsyncIterable<TextExample>;

/** What is trained, on what, how, and where it goes: what the flags of `tunebert train` say, under the same names. */
export type TrainOptions<Task extends TaskName = TaskName> = CommonTrainOptions &
  Learning<Task> &
  (FromPretrained | FromScratch) &
  (Selecting | NotSelecting);

/** The same, where nobody has checked yet that the options go together. */
export interface UncheckedTrainOptions
  extends CommonTrainOptions,
    GivenOptions<
      typeof pretrainedOptions &
        typeof keyOptions &
        typeof poolingOptions &
        typeof scratchOptions &
        typeof vocabularyOptions &
        typeof selectionOptions &
        typeof taskOptions &
        typeof teacherOptions
    > {
  readonly validation?: ExampleSource | undefined;
}

/** What goes with any start and any choice of a model. */
export interface CommonTrainOptions
  extends GivenOptions<
    typeof textColumnOptions &
      typeof labelColumnOptions &
      typeof rowOptions &
      typeof noLabelOptions &
      typeof trainingExamplesOptions &
      typeof lengthOptions &
      typeof headsOptions &
      typeof recipeOptions &
      typeof learningOptions &
      typeof teacherOptions &
      typeof checkpointOptions &
      Omit<typeof outputOptions, "out">
  > {
  /** To learn from. */
  readonly train: ExampleSource;
  /** To measure on after each epoch; chooses nothing. */
  readonly test?: ExampleSource | undefined;
  /** About what part of `train` to measure on instead, drawn by the seed. */
  readonly testShare?: number | undefined;
  /** The folder in which the model, its metrics and its report go. */
  readonly out: string;
  /** How names and addresses are fetched. */
  readonly download?: FetchOptions | undefined;
  /** Ends the run after the step under way and a checkpoint; its reason is then thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Who follows the run. */
  readonly listeners?: readonly Listener[] | undefined;
  /** Is told what was read and chosen, a line each. */
  readonly log?: ((line: string) => void) | undefined;
  /** Is told what may be wrong, a sentence each. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** Sizes and words come with the weights. */
export interface FromPretrained
  extends GivenOptions<typeof keyOptions & typeof poolingOptions>,
    Absent<typeof scratchOptions & typeof vocabularyOptions> {
  /** A folder, an archive, an address, or a name such as `bert.small`. */
  readonly pretrained: string;
}

export interface FromScratch
  extends GivenOptions<typeof scratchOptions & typeof vocabularyOptions>,
    Absent<typeof keyOptions & typeof poolingOptions> {
  readonly pretrained?: undefined;
}

/** What is learnt. */
export interface Learning<Task extends TaskName> {
  /** Labels are names of classes, or for regression numbers. Default: classification. */
  readonly task?: Task | undefined;
}

/** The best epoch's model is kept. */
export interface Selecting extends GivenOptions<typeof selectionOptions> {
  /** To measure on after each epoch: the best epoch's model is kept. */
  readonly validation: ExampleSource;
}

export interface NotSelecting extends Absent<typeof selectionOptions> {
  readonly validation?: undefined;
}

/** Options that mean nothing beside others. */
export type Absent<O> = { readonly [Name in keyof O]?: undefined };

/** @throws TunebertError that names an option which means nothing beside another, or without one */
export function expectTogether(
  options: Readonly<Partial<Record<keyof UncheckedTrainOptions, unknown>>>,
): void {
  const given = new Set(
    Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : name)),
  );
  const isGiven = (name: string) => given.has(name);
  const selecting = Object.keys(selectionOptions).find(isGiven);
  if (selecting !== undefined && !isGiven("validation")) {
    throw new TunebertError(
      (named, validation) => `${named} needs examples to measure on; give them with ${validation}`,
      { option: [selecting, "validation"] },
    );
  }
  const { teacher: _, ...lessons } = teacherOptions;
  // A command line gives what is done by default, too.
  const lesson = Object.entries(lessons).find(([name, { default: usual }]) => {
    const value = options[name as keyof typeof lessons];
    return value !== undefined && value !== usual;
  });
  if (lesson !== undefined && !isGiven("teacher")) {
    throw new TunebertError(
      (named, teacher) => `${named} is of no use without a teacher; give one with ${teacher}`,
      {
        option: [lesson[0], "teacher"],
      },
    );
  }
  if (isGiven("test") && isGiven("testShare")) {
    throw new TunebertError(
      (test, share) => `${test} and ${share} both say what to measure on; give one of them`,
      {
        option: ["test", "testShare"],
      },
    );
  }
  if (isGiven("key") && !isGiven("pretrained")) {
    throw new TunebertError(
      (key, pretrained) =>
        `${key} says which tensors of a pretrained model are meant; give one with ${pretrained}`,
      { option: ["key", "pretrained"] },
    );
  }
  if (isGiven("pooling") && !isGiven("pretrained")) {
    throw new TunebertError(
      (pooling, pretrained) => `${pooling} is for a pretrained model; give one with ${pretrained}`,
      { option: ["pooling", "pretrained"] },
    );
  }
  const size = [...Object.keys(scratchOptions), "words"].find(isGiven);
  if (size !== undefined && isGiven("pretrained")) {
    throw new TunebertError(
      (named, pretrained) => `${named} is for a model from scratch; leave it out with ${pretrained}`,
      { option: [size, "pretrained"] },
    );
  }
}
