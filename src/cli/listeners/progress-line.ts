import { type ProgressStream, reportProgress } from "../../report/terminal/progress.js";
import type { Listener } from "../../run/listeners/listener.js";
import type { StepEvent } from "../../train/events.js";

/** Shows how far training has come. */
export function progressLine(stream: ProgressStream, epochs: number): Listener {
  const progress = reportProgress(stream);
  return {
    handle(event) {
      if (event.event === "step") progress.update(progressOf(event, epochs));
      else if (event.event === "epoch") progress.clear();
      else if (event.event === "done") progress.finish();
    },
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
