import type { Moments } from "../runtime/optimizer/moments.js";
import type { SharedParameter } from "../runtime/program.js";
import { checkState } from "./check-state.js";
import { findTensors, type ReadCheckpoint } from "./checkpoint.js";
import { expectSame, type Fingerprint } from "./fingerprint.js";
import { TrainingState } from "./training-state.js";

export interface ResumeOptions {
  /** Of the model, which take the checkpoint's values. */
  readonly parameters: ReadonlyMap<string, SharedParameter>;
  /** Of the training that is to go on. */
  readonly fingerprint: Fingerprint;
  /** Examples in an epoch. */
  readonly size: number;
}

/**
 * Takes a model back to a checkpoint.
 * @returns what training needs besides the parameters
 * @throws TunebertError when the checkpoint is of another training, or no checkpoint at all
 */
export function resume(
  checkpoint: ReadCheckpoint,
  { parameters, fingerprint, size }: ResumeOptions,
): { readonly state: TrainingState; readonly moments: Moments } {
  const saved = checkState(checkpoint.state);
  expectSame(saved.fingerprint, fingerprint);
  const { parameters: values, moments, order } = findTensors(checkpoint.tensors, parameters);
  const state = TrainingState.restore(order, saved, size);
  for (const [name, { data }] of values) parameters.get(name)!.data.set(data);
  return { state, moments };
}
