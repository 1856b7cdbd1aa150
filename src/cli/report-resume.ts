import type { FoundCheckpoint } from "../hub/store/checkpoint-folder.js";
import type { RunOptions } from "../run/options.js";
import { checkState } from "../train/check-state.js";
import { patienceIsOver } from "../train/model-selection.js";
import { note } from "./print.js";

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
