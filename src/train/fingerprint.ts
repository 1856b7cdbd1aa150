import { createHash } from "node:crypto";
import type { BertClassifier } from "../bert/bert-classifier.js";
import type { PairDataset } from "../data/pair-dataset.js";
import { TunebertError } from "../error.js";
import type { ClassWeights } from "./class-weights.js";
import type { TrainerOptions } from "./options.js";
import { dependsOnLength } from "./schedule.js";

/** What the bits of a training run depend on, by parts, so that a difference can be named. JSON. */
export interface Fingerprint {
  /** Digests by what they are of, such as "training pairs". */
  readonly data: Readonly<Record<string, string>>;
  /** Values by the option's name. */
  readonly settings: Readonly<Record<string, Setting>>;
}

/** The value of a setting. */
export type Setting = string | number | boolean | null | readonly string[];

export interface FingerprintSource {
  readonly train: PairDataset;
  readonly validation: PairDataset | undefined;
  readonly test: PairDataset | undefined;
  readonly model: BertClassifier;
  readonly options: TrainerOptions;
  /** Parts that are not seen here, such as the vocabulary. */
  readonly given: Partial<Fingerprint> | undefined;
}

/**
 * Of everything but the number of threads, which is kept for itself, and of epochs, which may grow where the learning
 * rate does not depend on it.
 */
export function fingerprintOf(source: FingerprintSource): Fingerprint {
  const { train, validation, test, model, options, given } = source;
  const { epochs, threads: _, clipNorm = null, patience = null, classWeights, ...rest } = options;
  return {
    data: {
      "training pairs": digest(train),
      ...(validation && { "validation pairs": digest(validation) }),
      ...(test && { "test pairs": digest(test) }),
      ...given?.data,
    },
    settings: {
      ...model.config,
      labels: model.labels,
      ...rest,
      ...{ clipNorm, patience, classWeights: classWeightsSetting(classWeights) },
      ...(dependsOnLength(options) && { epochs }),
      ...given?.settings,
    },
  };
}

function classWeightsSetting(classWeights: ClassWeights): Setting {
  if (typeof classWeights === "string") return classWeights;
  return Object.entries(classWeights)
    .map(([label, weight]) => `${label}=${weight}`)
    .sort();
}

/**
 * Sees to it that training goes on from where it stopped, and not from something else.
 * @throws TunebertError that lists what has changed
 */
export function expectSame(before: Fingerprint, now: Fingerprint): void {
  const changedData = keysOf(before.data, now.data)
    .filter((name) => before.data[name] !== now.data[name])
    .map((name) => dataChange(name, before.data[name], now.data[name]));
  const changed = keysOf(before.settings, now.settings).filter(
    (name) => show(before.settings[name]) !== show(now.settings[name]),
  );
  if (changedData.length + changed.length === 0) return;
  const settingChange = (named: string, i: number) => {
    const [was, is] = [before, now].map(({ settings }) => show(settings[changed[i]!]));
    return `${named} was ${was}, is ${is}`;
  };
  throw new TunebertError(
    (...names) => [
      "cannot resume, since this would be another run:",
      ...[...changedData, ...names.map(settingChange)].map((change) => `  ${change}`),
      "Give what was given before, or train anew in another folder",
    ],
    { option: changed },
  );
}

function dataChange(name: string, before: string | undefined, now: string | undefined): string {
  if (before === undefined) return `there were no ${name}`;
  if (now === undefined) return `there are no ${name} any more`;
  return `the ${name} changed`;
}

function keysOf(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function show(setting: Setting | undefined): string {
  if (setting === undefined || setting === null) return "not given";
  return Array.isArray(setting) ? setting.join(", ") : String(setting);
}

/** Of the encoded examples: ids, lengths, segments and labels. */
function digest({ tokenIds, offsets, premiseLengths, labels }: PairDataset): string {
  const hash = createHash("sha256");
  for (const numbers of [tokenIds, offsets, premiseLengths, labels]) hash.update(numbers);
  return hash.digest("hex");
}
