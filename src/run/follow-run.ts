import { CheckpointFolder, type FoundCheckpoint } from "../hub/store/checkpoint-folder.js";
import { checkState } from "../train/check-state.js";
import type { CheckpointStore } from "../train/checkpoint.js";
import type { CheckpointInterval } from "../train/checkpoints.js";
import type { DoneEvent } from "../train/events.js";
import { isOver } from "../train/model-selection.js";
import type { TrainerOptions } from "../train/options.js";
import type { FitOptions, Trainer } from "../train/trainer.js";
import { type Listener, readListeners, saveListeners } from "./listeners/listener.js";
import type { RunFolder } from "./run-folder.js";

/** How checkpoints of a run are kept. */
export interface RunCheckpoints {
  /** Default: every 10 minutes; each epoch ends with one besides. */
  readonly every?: CheckpointInterval | undefined;
  /** How many of the latest stay, besides the best; default 2. */
  readonly keep?: number | undefined;
  /** Is told the step of each one once it is on the disk. */
  readonly onKept?: (step: number) => void;
}

/** A trainer's run in a folder. */
interface FollowedRun<Examples> {
  readonly fit: FitOptions<Examples>;
  /** All who follow it. */
  readonly listeners: readonly Listener[];
  /** Those of them who follow a run that is done, too. */
  readonly shown: readonly Listener[];
  readonly checkpoints: RunCheckpoints | false;
  /** Makes the folder ready. */
  readonly prepare: (resume: boolean) => Promise<void>;
  readonly onResume: (checkpoint: FoundCheckpoint) => void;
  /** Is written at the end. @returns what it warns of */
  readonly report: {
    write(): Promise<readonly string[]>;
    /** Whether it has been written of a run of so many steps. */
    isWritten(steps: number): Promise<boolean>;
  };
}

/** Trains in a folder that the run has for itself; nothing is written where the run is done and reported already. */
export async function followRun<Examples>(
  folder: RunFolder,
  trainer: Trainer<Examples>,
  { fit, listeners, shown, checkpoints, prepare, onResume, report }: FollowedRun<Examples>,
): Promise<DoneEvent & { readonly warnings: readonly string[] }> {
  const { lock, resumeFrom } = folder;
  try {
    const events = trainer.fit({
      ...fit,
      resumeFrom,
      onMeasuring(progress) {
        for (const listener of listeners) listener.measuring?.(progress);
      },
      ...(checkpoints && {
        checkpoints: checkpointStore(folder, checkpoints, listeners),
        checkpointEvery: checkpoints.every,
      }),
    });
    const restore = resumeFrom && readListeners(listeners, resumeFrom);
    if (resumeFrom) onResume(resumeFrom);
    const isDone = resumeFrom && (await isReportedRun(report, resumeFrom, trainer.options));
    if (!isDone) await prepare(resumeFrom !== undefined);
    if (!isDone) restore?.();
    let done: DoneEvent | undefined;
    for await (const event of events) {
      if (event.event !== "step") await lock.expectHeld();
      for (const listener of isDone ? shown : listeners) await listener.handle(event);
      if (event.event === "done") done = event;
    }
    await lock.expectHeld();
    const warnings = isDone ? [] : await report.write();
    return { ...done!, warnings }; // the last event
  } finally {
    for (const listener of listeners) listener.close?.();
  }
}

/** Checkpoints in the folder, with the states of the listeners. */
function checkpointStore(
  { path, lock }: RunFolder,
  { keep, onKept }: RunCheckpoints,
  listeners: readonly Listener[],
): CheckpointStore {
  const folder = new CheckpointFolder(path, { ...(keep !== undefined && { keep }) });
  return {
    async save({ tensors, state }) {
      // Before anything is waited for, since training goes on meanwhile.
      const states = saveListeners(listeners);
      await lock.expectHeld();
      const where = await folder.save({ tensors, state: { ...state, ...states } });
      onKept?.(state.step);
      return where;
    },
  };
}

/** Whether nothing is left to do: no step, and no report. Then the folder stays as it is. */
async function isReportedRun(
  report: FollowedRun<unknown>["report"],
  { state }: FoundCheckpoint,
  options: TrainerOptions,
): Promise<boolean> {
  const saved = checkState(state);
  return isOver(saved, options) && (await report.isWritten(saved.step));
}
