import { DEFAULT_KEEP, type FoundCheckpoint } from "../hub/store/checkpoint-folder.js";
import { type Kind, option } from "../option.js";
import { count, yesNo } from "../option-kinds.js";
import type { RunOptions } from "../run/options.js";
import { checkState } from "../train/check-state.js";
import type { CheckpointInterval } from "../train/checkpoints.js";
import { patienceIsOver } from "../train/model-selection.js";
import { note } from "./print.js";

/** `500` for so many steps; `90s`, `10m`, `2h` for a time. */
const interval: Kind<CheckpointInterval> = {
  expected: "a number of steps, or a time such as 90s, 10m or 2h",
  placeholder: "interval",
  fits: (value): value is CheckpointInterval =>
    Object.values(value ?? {}).some((amount) => typeof amount === "number" && amount > 0),
  parse: (text) => {
    const [, digits, unit = ""] = /^(\d{1,9})([smh]?)$/.exec(text) ?? [];
    if (digits === undefined) return undefined;
    return unit === "" ? { steps: Number(digits) } : { seconds: Number(digits) * SECONDS[unit]! };
  },
};

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

export const checkpointOptions = {
  checkpointEvery: option(interval, {
    defaultText: "10m",
    help: "steps or time between checkpoints, such as 500, 90s, 10m or 2h; each epoch ends with one too",
  }),
  keep: option(count, {
    default: DEFAULT_KEEP,
    help: "how many of the latest checkpoints stay, besides the best",
  }),
  checkpoints: option(yesNo, {
    default: true,
    help: "take none; the run cannot be resumed then",
    conflicts: ["resume"],
  }),
  resume: option(yesNo, {
    default: false,
    help: "go on from the latest checkpoint in the output folder",
    conflicts: ["overwrite"],
  }),
};

/** Says where training goes on, and whether with the same bits. */
export function reportResume(
  { file, state }: FoundCheckpoint,
  { epochs, patience, threads }: Pick<RunOptions, "epochs" | "patience" | "threads">,
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
