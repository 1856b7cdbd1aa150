import { basename, resolve } from "node:path";
import type { PairDataset } from "../../data/pair-dataset.js";
import { TunebertError } from "../../error.js";
import { loadModel, readReport, type SavedModel, saveReport } from "../../hub/store/model-folder.js";
import type { AnsweredPair } from "../../metrics/answered-pair.js";
import { evaluateAnswers, mostConfidentMistakes } from "../../metrics/evaluation.js";
import { answerLabelled, type LabelledPair } from "../../predict/answer-labelled.js";
import { Predictor } from "../../predict/predictor.js";
import type { LearningCurves } from "../../report/charts/learning-curves.js";
import { formatPredictions } from "../../report/files/predictions-file.js";
import { formatRun, parseRun } from "../../report/files/run-file.js";
import type { RunRecord } from "../../report/files/run-record.js";
import { thisMachine } from "../../report/files/this-machine.js";
import { modelCard } from "../../report/page/model-card.js";
import { reportPage } from "../../report/page/report-page.js";
import { DEFAULT_TRUNCATION } from "../../text/truncate-pair.js";
import type { DoneEvent } from "../../train/events.js";
import type { TrainerOptions } from "../../train/options.js";
import { version } from "../version.js";
import type { Listener } from "./listener.js";

/** What the report says of a run that the run itself does not know. */
export interface RunDescription {
  /** Settings beside those of the trainer. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What the weights began as. */
  readonly pretrained?: string | undefined;
  readonly data: RunRecord["data"];
  /** Labelled pairs that the model was not trained on, on which the saved model is evaluated. */
  readonly unseen?:
    | { readonly data: "validation" | "test"; readonly pairs: readonly LabelledPair[] }
    | undefined;
}

export interface ReportedRun extends RunDescription {
  readonly folder: string;
  readonly train: PairDataset;
  readonly options: TrainerOptions;
  /** What was recorded by the end. */
  readonly curves: () => LearningCurves;
}

const MISTAKES = 12;

/** Follows a run in order to report on it afterwards. */
export interface RunReport extends Listener {
  /**
   * Writes report.html, MODEL_CARD.md and run.json, and the answers of the saved model to unseen pairs, where there
   * are any, to predictions.jsonl. Nothing of a run that is not done.
   */
  write(): Promise<void>;
}

export function runReport(run: ReportedRun): RunReport {
  let done: DoneEvent | undefined;
  return {
    handle(event) {
      if (event.event === "done") done = event;
    },
    async write() {
      if (done) await writeReports(run, done);
    },
  };
}

async function writeReports(
  run: ReportedRun,
  { step: steps, epoch: epochs, bestEpoch, trainLoss, trainAccuracy, examplesPerSecond, threads }: DoneEvent,
): Promise<void> {
  const { folder, settings, options, data, pretrained, unseen, train } = run;
  const saved = await loadModel(folder);
  const { config, labels, parameters } = saved.model;
  const answers = unseen ? await answersOf(saved, unseen.pairs, options.threads) : [];
  const { truncation = DEFAULT_TRUNCATION, maxLength } = saved;
  const record: RunRecord = {
    name: basename(resolve(folder)),
    tunebert: version,
    finished: new Date().toISOString(),
    model: {
      ...config,
      labels,
      parameters: [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0),
      maxLength,
      truncation,
      pretrained,
    },
    // What chooses among models says nothing where none is chosen.
    settings: { ...options, metric: data.validation && options.metric, ...settings },
    data,
    machine: thisMachine(),
    training: {
      epochs,
      savedEpoch: data.validation ? bestEpoch : epochs,
      steps,
      threads,
      seconds: (epochs * train.size) / examplesPerSecond,
      examplesPerSecond,
      trainLoss,
      trainAccuracy,
    },
    evaluation: unseen && { data: unseen.data, ...evaluateAnswers(answers, labels) },
  };
  const mistakes = mostConfidentMistakes(answers, MISTAKES);
  if (unseen) await saveReport(folder, "predictions.jsonl", formatPredictions(answers));
  await saveReport(folder, "MODEL_CARD.md", modelCard(record));
  await saveReport(folder, "report.html", await reportPage({ run: record, curves: run.curves(), mistakes }));
  await saveReport(folder, "run.json", formatRun(record)); // last: it says that the others are there
}

/** Whether the folder holds all reports on a run that has taken so many steps. */
export async function isReported(folder: string, steps: number): Promise<boolean> {
  try {
    const { text, path } = await readReport(folder, "run.json");
    return parseRun(text, path).training.steps === steps;
  } catch (error) {
    if (error instanceof TunebertError) return false;
    throw error;
  }
}

async function answersOf(
  saved: SavedModel,
  pairs: readonly LabelledPair[],
  threads: number,
): Promise<AnsweredPair[]> {
  const predictor = await Predictor.start({ ...saved, threads });
  try {
    return await answerLabelled(predictor, pairs);
  } finally {
    await predictor.close();
  }
}
