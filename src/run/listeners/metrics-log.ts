import { MetricsFile } from "../../report/files/metrics-file.js";
import { count } from "../../text/json-reader.js";
import type { TrainEvent } from "../../train/events.js";
import type { Listener, ResumedFrom } from "./listener.js";

/** Writes a line of JSON for each event to a file. */
export function metricsLog(path: string): Listener {
  let file: MetricsFile | undefined;
  const open = () => {
    file ??= new MetricsFile(path);
    return file;
  };
  return {
    handle: (event) => open().append(lineOf(event)),
    state: {
      name: "metricsBytes",
      save: () => open().flush(),
      read: count,
      restore(bytes: number, from) {
        file = new MetricsFile(path, bytes);
        file.append(checkpointLine(from));
      },
    },
    close: () => file?.close(),
  };
}

/** What is worth keeping of an event. */
function lineOf(event: TrainEvent): Record<string, unknown> {
  if (event.event === "checkpoint") return checkpointLine(event);
  if (event.event !== "step") return { ...event };
  const { step, loss, learningRate, gradientNorm, examples, seconds } = event;
  return { event: "step", step, loss, learningRate, gradientNorm, examples, seconds };
}

function checkpointLine({ step, epoch, file, bytes }: ResumedFrom): Record<string, unknown> {
  return { event: "checkpoint", step, epoch, file, bytes };
}
