import { type ProgressStream, reportProgress } from "../../report/terminal/progress.js";
import type { Listener } from "../../run/listeners/listener.js";
import type { StepEvent } from "../../train/events.js";

/** A line of how far training has come. */
export interface ProgressLine extends Listener {
  /** Makes way for other output. */
  clear(): void;
}

/** Shows how far training has come. */
export function progressLine(stream: ProgressStream, epochs: number): ProgressLine {
  const progress = reportProgress(stream);
  return {
    handle(event) {
      if (event.event === "step") progress.update(progressOf(event, epochs));
      else if (event.event === "epoch") progress.clear();
      else if (event.event === "done") progress.finish();
    },
    measuring: (measured) => progress.update({ ...measured, epochs }),
    clear: () => progress.clear(),
    close: () => progress.finish(),
  };
}

function progressOf(event: StepEvent, epochs: number) {
  return {
    epoch: event.epoch,
    epochs,
    step: event.stepInEpoch,
    steps: event.stepsPerEpoch,
    loss: event.train.loss ?? event.loss,
    accuracy: event.train.accuracy,
    examplesPerSecond: event.examplesPerSecond,
    secondsLeft: event.secondsLeft,
  };
}
