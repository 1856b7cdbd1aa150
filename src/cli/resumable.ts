import { TunebertError } from "../error.js";
import type { FolderLock } from "../hub/files/folder-lock.js";
import { CheckpointFolder, type FoundCheckpoint } from "../hub/store/checkpoint-folder.js";
import type { Listener } from "../run/listeners/listener.js";
import { saveListeners } from "../run/listeners/listener.js";
import { memoryFailure } from "../runtime/out-of-memory.js";
import type { CheckpointStore } from "../train/checkpoint.js";
import type { CheckpointInterval } from "../train/checkpoints.js";
import type { Fingerprint } from "../train/fingerprint.js";
import type { FitOptions } from "../train/trainer.js";
import { Interrupted, interruptible } from "./interrupted.js";
import { note } from "./print.js";
import { resumeCommand } from "./resume-command.js";
import { outputFailed } from "./standard-streams.js";

export interface CheckpointSettings {
  readonly every: CheckpointInterval | undefined;
  /** How many stay, besides the best. */
  readonly keep: number;
  /** What has to be the same in a run that resumes, and the trainer does not see. */
  readonly fingerprint: Partial<Fingerprint>;
  readonly resumeFrom: FoundCheckpoint | undefined;
}

interface Resumable extends CheckpointSettings {
  readonly out: string;
  readonly lock: FolderLock;
  /** Whose memories go into the checkpoints. */
  readonly listeners: readonly Listener[];
}

/**
 * Trains with checkpoints in the folder `out`, and says how to go on when a signal or a fault ends it. Where
 * nothing can be printed any more, it ends as if a signal had come.
 * @throws Interrupted when the process was asked to stop, once a checkpoint is kept
 */
export async function resumable(
  train: (options: FitOptions) => Promise<void>,
  { out, lock, every, keep, fingerprint, resumeFrom, listeners }: Resumable,
): Promise<void> {
  const folder = new CheckpointFolder(out, { keep });
  let step = resumeFrom?.state.step;
  const checkpoints: CheckpointStore = {
    async save({ tensors, state }) {
      // Before anything is waited for, since training goes on meanwhile.
      const memories = saveListeners(listeners);
      await lock.expectHeld();
      const where = await folder.save({ tensors, state: { ...state, ...memories } });
      step = state.step;
      return where;
    },
  };
  try {
    await interruptible(
      (signal) => train({ signal, checkpoints, checkpointEvery: every, resumeFrom, fingerprint }),
      () => note("stopping after this step and a checkpoint; once more stops at once"),
      [outputFailed, lock.lost],
    );
  } catch (error) {
    const failure = memoryFailure(error) ?? error;
    if (step === undefined) throw failure;
    const command = resumeCommand(process.argv, process.env).map((line) => `  ${line}`);
    const hint = `To go on from step ${step}:`;
    if (failure instanceof Interrupted) note([`stopped. ${hint}`, ...command]);
    // What came from outside may be over: a full disk, a thread that died.
    if (failure instanceof TunebertError && failure.cause !== undefined) {
      throw failure.wrap("", hint, ...command);
    }
    throw failure;
  }
}
