import { shortFigureName } from "../../report/charts/figure-names.js";
import type { Listener } from "../../run/listeners/listener.js";
import type { DoneEvent, EpochEvent } from "../../train/events.js";

/** Prints a line for each epoch, and d2l's summary at the end. @param figure that counts, besides the loss */
export function epochLines(
  print: (lines: string | readonly string[]) => void,
  epochs: number,
  figure: string,
): Listener {
  return {
    handle(event) {
      if (event.event === "epoch") print(epochLine(event, epochs, figure));
      else if (event.event === "done") print(summaryLines(event, epochs, figure));
    },
  };
}

function epochLine(event: EpochEvent, epochs: number, figure: string): string {
  return `epoch ${event.epoch}/${epochs}: ${figures(event, figure)}`;
}

/** The two lines with which d2l's `train_ch13` ends, and which epoch's model is kept where that is chosen. */
function summaryLines(event: DoneEvent, epochs: number, figure: string): string[] {
  const { examplesPerSecond, threads, epoch, bestEpoch } = event;
  const early = epoch < epochs ? "; stopped early, with no better one since" : "";
  const kept = event.validation === undefined ? [] : [`kept: the model of epoch ${bestEpoch}${early}`];
  const speed = `${examplesPerSecond.toFixed(1)} examples/sec on ${threads} CPU thread${threads === 1 ? "" : "s"}`;
  return [figures(event, figure), ...kept, speed];
}

/** The loss, and the figure that counts; of the examples that choose the model both. */
function figures({ train, validation, test }: EpochEvent | DoneEvent, figure: string): string {
  const short = shortFigureName(figure);
  const named = [
    ["loss", train.loss],
    [`train ${short}`, train[figure]],
    ["validation loss", validation?.loss],
    [`validation ${short}`, validation?.[figure]],
    [`test ${short}`, test?.[figure]],
  ] as const;
  return named
    .flatMap(([name, value]) => (value === undefined ? [] : `${name} ${value.toFixed(3)}`))
    .join(", ");
}
