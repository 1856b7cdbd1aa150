import { TunebertError } from "../error.js";
import * as json from "../text/json-reader.js";
import type { CheckpointState } from "./checkpoint.js";
import type { Fingerprint, Setting } from "./fingerprint.js";
import type { BestEpoch, EpochFigures } from "./model-selection.js";
import type { SavedTrainingState } from "./training-state.js";

/**
 * What is written as `version`; raised when the state of training comes to mean something else. Earlier versions are
 * resumed too: the fingerprint of version 1 says less, and versions 1 and 2 know five figures, by names of their own.
 */
export const STATE_VERSION = 3;

/**
 * Reads a checkpoint's state, which may come from anywhere.
 * @throws TunebertError that says what is wrong with it
 */
export function checkState(state: unknown): CheckpointState {
  const { version } = json.readJson(state, "the checkpoint's state", readVersion);
  if (version < 1 || version > STATE_VERSION) {
    throw new TunebertError(
      `the checkpoint's state is of version ${version}; this version of tunebert resumes versions 1 to ${STATE_VERSION}`,
    );
  }
  if (version === STATE_VERSION) return json.readJson(state, "the checkpoint's state", readState);
  const { lossSum, correct, last, ...saved } = json.readJson(state, "the checkpoint's state", readState2);
  return { ...saved, sums: { loss: lossSum, accuracy: correct }, last: last && figuresOf(last) };
}

/** Of the training that is to go on. */
export interface TrainingLengths {
  /** Examples in an epoch. */
  readonly size: number;
  /** Examples of a step, but for the last of an epoch, which may have fewer. */
  readonly stepSize: number;
}

/**
 * Sees to it that steps, epochs and examples are those of one training.
 * @throws TunebertError that names the first that cannot be
 */
export function checkProgress(saved: SavedTrainingState, { size, stepSize }: TrainingLengths): void {
  const { step, epoch, stepInEpoch, examples, seen, sums, seconds, last, best } = saved;
  const stepsPerEpoch = Math.ceil(size / stepSize);
  const done = epoch - 1;
  const inEpoch = Math.min(stepInEpoch * stepSize, size);
  // The sums of an epoch stay until the next begins.
  const counted = stepInEpoch === 0 && done > 0 ? size : inEpoch;
  const consistent = {
    epoch: epoch >= 1,
    stepInEpoch: stepInEpoch <= stepsPerEpoch,
    step: step === done * stepsPerEpoch + stepInEpoch,
    examples: examples === done * size + inEpoch,
    seen: seen === counted,
    sums: (sums.accuracy ?? 0) <= seen,
    seconds: seconds >= 0 && (step === 0 || Number.isFinite(examples / seconds)),
    last: (last === null) === (done === 0),
    best: best
      ? best.epoch >= 1 && best.epoch <= done && best.step === best.epoch * stepsPerEpoch
      : done === 0,
  };
  const wrong = Object.entries(consistent).find(([, holds]) => !holds);
  if (wrong)
    throw new TunebertError(`the checkpoint's state contradicts itself: ${wrong[0]} cannot be right`);
}

const readVersion = json.object({ version: json.count });

const readSetting: json.JsonReader<Setting> = (value, place) => {
  if (Array.isArray(value)) return json.list(json.string)(value, place);
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  return json.string(value, place);
};

/** The generator's, whose four integers are never all 0. */
const readRandom: json.JsonReader<readonly number[]> = (value, place) => {
  const random = json.list(json.number)(value, place);
  if (random.length === 4 && random.some(Boolean) && random.every((part) => part === (part | 0)))
    return random;
  throw json.fault(value, place, "four integers of 32 bits");
};

const readFigures = json.record(json.number);

const readBest = json.nullable(
  json.object<BestEpoch>({ epoch: json.count, step: json.count, value: json.number }),
);

/** What all versions have. */
const COMMON = {
  version: json.count,
  step: json.count,
  epoch: json.count,
  stepInEpoch: json.count,
  random: readRandom,
  seen: json.count,
  examples: json.count,
  seconds: json.number,
  best: readBest,
  threads: json.count,
  fingerprint: json.object<Fingerprint>({
    data: json.record(json.string),
    settings: json.record(readSetting),
  }),
};

const readState = json.object<CheckpointState>({
  ...COMMON,
  sums: readFigures,
  last: json.nullable(
    json.object<EpochFigures>({
      train: readFigures,
      validation: json.optional(readFigures),
      test: json.optional(readFigures),
    }),
  ),
});

interface FiguresOfVersion2 {
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly validationLoss: number | undefined;
  readonly validationAccuracy: number | undefined;
  readonly testAccuracy: number | undefined;
}

const readState2 = json.object({
  ...COMMON,
  lossSum: json.number,
  correct: json.count,
  last: json.nullable(
    json.object<FiguresOfVersion2>({
      trainLoss: json.number,
      trainAccuracy: json.fraction,
      validationLoss: json.optional(json.number),
      validationAccuracy: json.optional(json.fraction),
      testAccuracy: json.optional(json.fraction),
    }),
  ),
});

function figuresOf(last: FiguresOfVersion2): EpochFigures {
  const { validationLoss: loss, validationAccuracy, testAccuracy } = last;
  return {
    train: { loss: last.trainLoss, accuracy: last.trainAccuracy },
    validation:
      loss === undefined || validationAccuracy === undefined
        ? undefined
        : { loss, accuracy: validationAccuracy },
    test: testAccuracy === undefined ? undefined : { accuracy: testAccuracy },
  };
}
