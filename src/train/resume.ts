import { TunebertError } from "../error.js";
import type { Moments } from "../runtime/optimizer/moments.js";
import { checkProgress, checkState, STATE_VERSION, type TrainingLengths } from "./check-state.js";
import { type ExpectedTensors, findTensors, type ReadCheckpoint } from "./checkpoint.js";
import { expectSame, type Fingerprint, fromVersion } from "./fingerprint.js";
import { TrainingState } from "./training-state.js";

/** Of the training that is to go on; the parameters take the checkpoint's values. */
export interface ResumeOptions extends ExpectedTensors, TrainingLengths {
  readonly fingerprint: Fingerprint;
}

/** What training needs besides the parameters. */
export interface Resumed {
  readonly state: TrainingState;
  readonly moments: Moments;
  /** On which the steps so far were taken, the latest of them at least. */
  readonly threads: number;
}

/**
 * Takes a model back to a checkpoint.
 * @throws TunebertError when the checkpoint is of another training, or no checkpoint at all; the parameters are then
 *   what they were
 */
export function resume(checkpoint: ReadCheckpoint, options: ResumeOptions): Resumed {
  const { fingerprint, parameters } = options;
  const saved = naming(checkpoint.file, () => checkState(checkpoint.state));
  const before =
    saved.version < STATE_VERSION
      ? fromVersion(saved.version, saved.fingerprint, fingerprint)
      : saved.fingerprint;
  expectSame(before, fingerprint);
  const tensors = naming(checkpoint.file, () => {
    checkProgress(saved, options);
    return findTensors(checkpoint.tensors, options);
  });
  for (const [name, { data }] of tensors.parameters) parameters.get(name)!.data.set(data);
  const state = TrainingState.restore(tensors.order, saved);
  return { state, moments: tensors.moments, threads: saved.threads };
}

function naming<T>(file: string | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (file === undefined || !(error instanceof TunebertError)) throw error;
    throw new TunebertError(`${file}: ${error.message}`);
  }
}
