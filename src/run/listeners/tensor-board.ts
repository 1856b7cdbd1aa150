import { EventFile, type Scalars } from "../../report/files/event-file.js";
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
          "train/loss": event.loss,
          "train/accuracy": event.trainAccuracy,
          "train/learning rate": event.learningRate,
          "train/examples per second": event.examples / event.seconds,
        });
      } else if (event.event === "epoch") {
        file?.append(reached, {
          ...scalar("validation/loss", event.validationLoss),
          ...scalar("validation/accuracy", event.validationAccuracy),
          ...scalar("test/accuracy", event.testAccuracy),
        });
      }
    },
    close: () => file?.close(),
  };
}

/** Nothing, where nothing was measured. */
function scalar(name: string, value: number | undefined): Scalars {
  return value === undefined ? {} : { [name]: value };
}
