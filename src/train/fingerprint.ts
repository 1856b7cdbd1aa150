import { createHash } from "node:crypto";
import type { BertClassifier } from "../bert/bert-classifier.js";
import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { own } from "../text/json-reader.js";
import { shorten } from "../text/show-json.js";
import type { StateDict } from "../weights/tensor.js";
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
  readonly train: TextDataset;
  readonly validation: TextDataset | undefined;
  readonly test: TextDataset | undefined;
  readonly model: BertClassifier;
  readonly options: TrainerOptions;
  /** Parts that are not seen here, such as the vocabulary. */
  readonly given: Partial<Fingerprint> | undefined;
}

/**
 * Of everything that the steps taken depend on, but the number of threads, which is kept for itself. Epochs may grow
 * where the learning rate does not depend on their number, and patience decides on the steps to come alone.
 */
export function fingerprintOf(source: FingerprintSource): Fingerprint {
  const { train, validation, test, model, options, given } = source;
  const { epochs, threads: _, patience: __, clipNorm = null, classWeights, ...rest } = options;
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
      ...{ clipNorm, classWeights: classWeightsSetting(classWeights) },
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

/** What {@link Fingerprint.data} calls the model that a run starts from. */
export const PRETRAINED = "pretrained weights";

/**
 * What a checkpoint of version 1 says. It has patience and the path of the pretrained model, neither of which changes
 * anything of what was done, and no digest of that model, which is taken to be the same. A default may be spelt out.
 */
export function fromVersion1({ data, settings }: Fingerprint, now: Fingerprint): Fingerprint {
  const { patience: _, pretrained, embeddingStd = null, ...compared } = settings;
  const start = typeof pretrained === "string" ? own(now.data, PRETRAINED) : undefined;
  return {
    data: { ...data, ...(start !== undefined && { [PRETRAINED]: start }) },
    settings: { ...compared, embeddingStd: embeddingStd === 1 ? null : embeddingStd },
  };
}

/**
 * Sees to it that training goes on from where it stopped, and not from something else.
 * @throws TunebertError that lists what has changed
 */
export function expectSame(before: Fingerprint, now: Fingerprint): void {
  const changedData = keysOf(before.data, now.data)
    .map((name) => dataChange(name, own(before.data, name), own(now.data, name)))
    .filter((change) => change !== undefined);
  const changed = keysOf(before.settings, now.settings).filter(
    (name) => show(own(before.settings, name)) !== show(own(now.settings, name)),
  );
  const count = changedData.length + changed.length;
  if (count === 0) return;
  const named = changed.slice(0, MOST_CHANGES);
  const settingChange = (called: string, i: number) => {
    const [was, is] = [before, now].map(({ settings }) => shorten(show(own(settings, named[i]!)), LONGEST));
    return `${shorten(called)} was ${was}, is ${is}`;
  };
  throw new TunebertError(
    (...names) => [
      "cannot resume, since this would be another run:",
      ...[...changedData, ...names.map(settingChange)].slice(0, MOST_CHANGES).map((change) => `  ${change}`),
      ...(count > MOST_CHANGES ? [`  and ${count - MOST_CHANGES} more`] : []),
      "Give what was given before, or train anew in another folder",
    ],
    { option: named },
  );
}

/** More than a person reads; a checkpoint may say anything. */
const MOST_CHANGES = 30;
const LONGEST = 400;

function dataChange(name: string, before: string | undefined, now: string | undefined): string | undefined {
  if (before === now) return undefined;
  if (before === undefined) return `there were no ${shorten(name)}`;
  if (now === undefined) return `there are no ${shorten(name)} any more`;
  return `the ${shorten(name)} changed`;
}

function keysOf(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function show(setting: Setting | undefined): string {
  if (setting === undefined || setting === null) return "not given";
  return Array.isArray(setting) ? setting.join(", ") : String(setting);
}

/** Of the encoded examples: ids, lengths, segments and labels. */
function digest({ tokenIds, offsets, firstLengths, labels }: TextDataset): string {
  const hash = createHash("sha256");
  for (const numbers of [tokenIds, offsets, firstLengths, labels]) hash.update(numbers);
  return hash.digest("hex");
}

/** Of tensors: their names, types, shapes and values. */
export function digestTensors(tensors: StateDict): string {
  const hash = createHash("sha256");
  for (const [name, { type, shape, data }] of tensors) {
    hash.update(JSON.stringify([name, type, shape])).update(data);
  }
  return hash.digest("hex");
}
