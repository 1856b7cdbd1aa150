import { MetricsFile } from "../../report/metrics-file.js";
import type { TrainEvent } from "../../train/events.js";
import type { Listener } from "./listener.js";

/** Writes a line of JSON for each event to a file. */
export function metricsLog(path: string): Listener {
  const file = new MetricsFile(path);
  return { hear: (event) => file.append(lineOf(event)), close: () => file.close() };
}

/** What is worth keeping of an event. */
function lineOf(event: TrainEvent): Record<string, unknown> {
  switch (event.event) {
    case "step":
      return pick(event, ["event", "step", "loss", "learningRate", "gradientNorm", "examples", "seconds"]);
    case "checkpoint":
      return pick(event, ["event", "step", "epoch", "file", "bytes"]);
    default:
      return { ...event };
  }
}

function pick<E extends TrainEvent>(event: E, names: readonly (keyof E & string)[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, event[name]]));
}
