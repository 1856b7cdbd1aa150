import { EventFile, type Scalars } from "../../report/files/event-file.js";
import type { Figures } from "../../tasks/figures.js";
import type { Listener } from "./listener.js";

/** Writes the figures of each step and each epoch for TensorBoard. */
export function tensorBoard(folder: string): Listener {
  let file: EventFile | undefined;
  let reached = 0;
  return {
    handle(event) {
      if (event.event === "step") {
        reached = event.step;
        file ??= new EventFile(folder, { step: reached - 1 });
        file.append(reached, {
          ...scalars("train", event.train),
          "train/loss": event.loss,
          "train/learning rate": event.learningRate,
          "train/examples per second": event.examples / event.seconds,
        });
      } else if (event.event === "epoch") {
        file?.append(reached, {
          ...scalars("validation", event.validation),
          ...scalars("test", event.test),
        });
      }
    },
    close: () => file?.close(),
  };
}

/** Nothing, where nothing was measured. */
function scalars(set: string, figures: Figures = {}): Scalars {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${set}/${name}`, value]));
}
