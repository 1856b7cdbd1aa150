import { basename, resolve } from "node:path";
import type { BertForPretraining } from "../../bert/bert-for-pretraining.js";
import { readReport, saveReport } from "../../hub/store/model-folder.js";
import type { LearningCurves } from "../../report/charts/learning-curves.js";
import { thisMachine } from "../../report/files/run-record.js";
import {
  type PretrainingRecord,
  pretrainingCard,
  pretrainingPage,
} from "../../report/page/pretraining-page.js";
import * as json from "../../text/json-reader.js";
import type { DoneEvent } from "../../train/events.js";
import { version } from "../version.js";
import type { Listener } from "./listener.js";
import type { RunReport } from "./run-report.js";

interface ReportedPretraining {
  readonly model: BertForPretraining;
  /** Examples in an epoch. */
  readonly size: number;
  readonly maxLength: number;
  readonly data: Readonly<Record<string, string>>;
  /** Options by their names. */
  readonly learning: Readonly<Record<string, unknown>>;
  /** What was recorded by the end. */
  readonly curves: () => LearningCurves;
}

/** Follows pretraining in order to report on it: writes report.html, MODEL_CARD.md and run.json. */
export function pretrainingReport(
  folder: string,
  { model, size, maxLength, data, learning, curves }: ReportedPretraining,
): Listener & Pick<RunReport, "write" | "isWritten"> {
  let done: DoneEvent | undefined;
  return {
    handle(event) {
      if (event.event === "done") done = event;
    },
    async write() {
      if (!done) return [];
      const { epoch, bestEpoch, step, train, validation, examplesPerSecond, threads } = done;
      const record: PretrainingRecord = {
        name: basename(resolve(folder)),
        tunebert: version,
        finished: new Date().toISOString(),
        model: {
          ...model.config,
          ...model.heads,
          maxLength,
          parameters: [...model.parameters.values()].reduce(
            (sum, { data: values }) => sum + values.length,
            0,
          ),
        },
        data,
        settings: learning,
        machine: thisMachine(),
        training: {
          ...{ epochs: epoch, savedEpoch: validation ? bestEpoch : epoch, steps: step, threads },
          ...{ examplesPerSecond, seconds: (epoch * size) / examplesPerSecond, train, validation },
        },
      };
      await saveReport(folder, "MODEL_CARD.md", pretrainingCard(record));
      await saveReport(folder, "report.html", await pretrainingPage(record, curves()));
      await saveReport(folder, "run.json", `${JSON.stringify(record, null, 2)}\n`); // last: it says that the others are there
      return [];
    },
    async isWritten(steps) {
      const found = await readReport(folder, "run.json").catch(() => undefined);
      return (
        found !== undefined && json.parseJson(found.text, found.path, readSteps).training.steps === steps
      );
    },
  };
}

const readSteps = json.object({ training: json.object({ steps: json.count }) });
