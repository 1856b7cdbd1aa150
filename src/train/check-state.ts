import { TunebertError } from "../error.js";
import type { CheckpointState } from "./checkpoint.js";

/** What is written as `version`; raised when the state of training comes to mean something else. */
export const STATE_VERSION = 1;

const COUNTS = ["step", "epoch", "stepInEpoch", "correct", "seen", "examples", "threads"];
const NUMBERS = ["lossSum", "seconds"];

/**
 * Sees to it that a checkpoint's state, which was read from somewhere, is one.
 * @throws TunebertError that says what is wrong with it
 */
export function checkState(state: Readonly<Record<string, unknown>>): CheckpointState {
  if (state.version !== STATE_VERSION) {
    throw new TunebertError(
      `the checkpoint's state is of version ${state.version}; this version of tunebert resumes version ${STATE_VERSION}`,
    );
  }
  for (const name of COUNTS) expectThat(Number.isSafeInteger(state[name]) && Number(state[name]) >= 0, name);
  for (const name of NUMBERS) expectThat(Number.isFinite(state[name]), name);
  const { random, fingerprint, last, best } = state;
  expectThat(Array.isArray(random) && random.length === 4 && random.every(Number.isInteger), "random");
  expectThat(
    isObject(fingerprint) && isObject(fingerprint.data) && isObject(fingerprint.settings),
    "fingerprint",
  );
  expectThat(last === null || hasNumbers(last, ["trainLoss", "trainAccuracy"]), "last");
  expectThat(best === null || hasNumbers(best, ["epoch", "step", "value"]), "best");
  return state as unknown as CheckpointState;
}

function expectThat(holds: boolean, name: string): void {
  if (!holds) throw new TunebertError(`the checkpoint's state has no valid ${name}`);
}

function hasNumbers(value: unknown, names: readonly string[]): boolean {
  return isObject(value) && names.every((name) => Number.isFinite(value[name]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
