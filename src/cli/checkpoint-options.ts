import { type Command, Option } from "commander";
import { DEFAULT_KEEP, type FoundCheckpoint } from "../hub/store/checkpoint-folder.js";
import { checkState } from "../train/check-state.js";
import type { CheckpointInterval } from "../train/checkpoints.js";
import { patienceIsOver } from "../train/model-selection.js";
import type { TrainerOptions } from "../train/options.js";
import { checkpointInterval, positiveWholeNumber } from "./options.js";
import { note } from "./print.js";

export interface CheckpointFlags {
  readonly checkpoints: boolean;
  readonly checkpointEvery?: CheckpointInterval;
  readonly keep: number;
  readonly resume: boolean;
}

export function addCheckpointOptions(command: Command): void {
  command
    .optionsGroup("Checkpoints:")
    .option(
      "--checkpoint-every <interval>",
      "steps or time between checkpoints, such as 500, 90s, 10m or 2h; each epoch ends with one too (default: 10m)",
      checkpointInterval,
    )
    .option(
      "--keep <n>",
      "how many of the latest checkpoints stay, besides the best",
      positiveWholeNumber,
      DEFAULT_KEEP,
    )
    .addOption(
      new Option("--no-checkpoints", "take none; the run cannot be resumed then").conflicts("resume"),
    )
    .addOption(
      new Option("--resume", "go on from the latest checkpoint in the output folder")
        .default(false)
        .conflicts("overwrite"),
    );
}

/** Says where training goes on, and whether with the same bits. */
export function reportResume(
  { file, state }: FoundCheckpoint,
  { epochs, patience, threads }: Pick<TrainerOptions, "epochs" | "patience" | "threads">,
): void {
  const { step, epoch, stepInEpoch, best, threads: before } = checkState(state);
  const done = epoch - 1;
  if (done >= epochs) {
    note(`nothing is left to train: all ${done} epochs are done; raise --epochs to go on`);
  } else if (patienceIsOver(best, done, patience)) {
    note(`nothing is left to train: the run lost patience after ${done} epochs; raise --patience to go on`);
  } else {
    note(`resuming at step ${step} from ${file}: epoch ${epoch}, ${stepInEpoch} steps of it done`);
    if (threads !== before) note(otherBits(before, threads));
  }
}

function otherBits(before: number, threads: number): string {
  return (
    `the checkpoint is of ${before} threads, and now there are ${threads}: sums are added up in another order, so ` +
    "the weights will not be, bit for bit, those of a run that never stopped"
  );
}
