import type { DoneEvent, EpochEvent } from "../../train/events.js";
import type { Listener } from "./listener.js";

/** Prints a line for each epoch, and d2l's summary at the end. */
export function epochLines(print: (text: string) => void, epochs: number): Listener {
  return {
    hear(event) {
      if (event.event === "epoch") print(epochLine(event, epochs));
      else if (event.event === "done") print(summaryLines(event));
    },
  };
}

function epochLine(event: EpochEvent, epochs: number): string {
  return `epoch ${event.epoch}/${epochs}: ${figures(event)}`;
}

/** The two lines with which d2l's `train_ch13` ends. */
function summaryLines(event: DoneEvent): string {
  const { examplesPerSecond, threads } = event;
  const speed = `${examplesPerSecond.toFixed(1)} examples/sec on ${threads} CPU thread${threads === 1 ? "" : "s"}`;
  return `${figures(event)}\n${speed}`;
}

function figures({ trainLoss, trainAccuracy, testAccuracy }: EpochEvent | DoneEvent): string {
  const test = testAccuracy === undefined ? "" : `, test acc ${testAccuracy.toFixed(3)}`;
  return `loss ${trainLoss.toFixed(3)}, train acc ${trainAccuracy.toFixed(3)}${test}`;
}
