import type { Listener } from "../../run/listeners/listener.js";
import type { DoneEvent, EpochEvent } from "../../train/events.js";

/** Prints a line for each epoch, and d2l's summary at the end. */
export function epochLines(print: (lines: string | readonly string[]) => void, epochs: number): Listener {
  return {
    handle(event) {
      if (event.event === "epoch") print(epochLine(event, epochs));
      else if (event.event === "done") print(summaryLines(event, epochs));
    },
  };
}

function epochLine(event: EpochEvent, epochs: number): string {
  return `epoch ${event.epoch}/${epochs}: ${figures(event)}`;
}

/** The two lines with which d2l's `train_ch13` ends, and which epoch's model is kept where that is chosen. */
function summaryLines(event: DoneEvent, epochs: number): string[] {
  const { examplesPerSecond, threads, epoch, bestEpoch } = event;
  const early = epoch < epochs ? "; stopped early, with no better one since" : "";
  const kept = event.validationLoss === undefined ? [] : [`kept: the model of epoch ${bestEpoch}${early}`];
  const speed = `${examplesPerSecond.toFixed(1)} examples/sec on ${threads} CPU thread${threads === 1 ? "" : "s"}`;
  return [figures(event), ...kept, speed];
}

function figures(event: EpochEvent | DoneEvent): string {
  const named = [
    ["loss", event.trainLoss],
    ["train acc", event.trainAccuracy],
    ["validation loss", event.validationLoss],
    ["validation acc", event.validationAccuracy],
    ["test acc", event.testAccuracy],
  ] as const;
  return named
    .flatMap(([name, figure]) => (figure === undefined ? [] : `${name} ${figure.toFixed(3)}`))
    .join(", ");
}
