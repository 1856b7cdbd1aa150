import { createHash } from "node:crypto";
import { TunebertError } from "../error.js";
import { type Setting, settingsOf } from "../option.js";
import type { Task } from "../tasks/task.js";
import { own } from "../text/json-reader.js";
import { shorten } from "../text/show-json.js";
import type { StateDict } from "../weights/tensor.js";
import { type TrainerOptions, trainerOptionTable } from "./options.js";
import { dependsOnLength } from "./schedule.js";

export type { Setting };

/** What the bits of a training run depend on, by parts, so that a difference can be named. JSON. */
export interface Fingerprint {
  /** Digests by what they are of, such as "training pairs". */
  readonly data: Readonly<Record<string, string>>;
  /** Values by the option's name. */
  readonly settings: Readonly<Record<string, Setting>>;
}

/** What a run is measured on, and parts of it that the trainer does not see, such as the vocabulary. */
export interface FingerprintSources<Examples> {
  readonly validation?: Examples | undefined;
  readonly test?: Examples | undefined;
  readonly fingerprint?: Partial<Fingerprint> | undefined;
}

/**
 * Of everything that the steps taken depend on, but the number of threads, which is kept for itself. Epochs may grow
 * where the learning rate does not depend on their number, and patience decides on the steps to come alone.
 */
export function fingerprintOf<Examples>(
  task: Task<Examples>,
  options: TrainerOptions,
  { validation, test, fingerprint: given }: FingerprintSources<Examples>,
): Fingerprint {
  const { epochs, metric = task.figures[0]?.name ?? null } = options;
  return {
    data: {
      "training pairs": digest(task.encoding(task.train)),
      ...(validation && { "validation pairs": digest(task.encoding(validation)) }),
      ...(test && { "test pairs": digest(task.encoding(test)) }),
      ...given?.data,
    },
    settings: {
      ...settingsOf(trainerOptionTable, options),
      ...task.settings,
      metric,
      ...(dependsOnLength(options) && { epochs }),
      ...given?.settings,
    },
  };
}

function digest(encoding: readonly (Int32Array | Float32Array)[]): string {
  const hash = createHash("sha256");
  for (const numbers of encoding) hash.update(numbers);
  return hash.digest("hex");
}

/** What {@link Fingerprint.data} calls the model that a run starts from. */
export const PRETRAINED = "pretrained weights";

/**
 * What a checkpoint of version 1 or 2 says. Figures had other names then. One of version 1 has patience and the path of
 * the pretrained model, neither of which changes anything of what was done, and no digest of that model, which is taken
 * to be the same. A default may be spelt out.
 */
export function fromVersion(version: number, { data, settings }: Fingerprint, now: Fingerprint): Fingerprint {
  const { metric, ...others } = settings;
  const renamed = { ...others, metric: FIGURES_OF_VERSION_2[String(metric)] ?? metric ?? null };
  if (version > 1) return { data, settings: renamed };
  const { patience: _, pretrained, embeddingStd = null, ...compared } = renamed as typeof settings;
  const start = typeof pretrained === "string" ? own(now.data, PRETRAINED) : undefined;
  return {
    data: { ...data, ...(start !== undefined && { [PRETRAINED]: start }) },
    settings: { ...compared, embeddingStd: embeddingStd === 1 ? null : embeddingStd },
  };
}

const FIGURES_OF_VERSION_2: Readonly<Record<string, string>> = {
  "validation-accuracy": "accuracy",
  "validation-loss": "loss",
};

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

/** Of tensors: their names, types, shapes and values. */
export function digestTensors(tensors: StateDict): string {
  const hash = createHash("sha256");
  for (const [name, { type, shape, data }] of tensors) {
    hash.update(JSON.stringify([name, type, shape])).update(data);
  }
  return hash.digest("hex");
}
