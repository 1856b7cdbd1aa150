import { basename, resolve } from "node:path";
import { type Answers, taskOf } from "../../data/answers.js";
import { multiHot } from "../../data/label-sets.js";
import type { TextDataset } from "../../data/text-dataset.js";
import { TunebertError } from "../../error.js";
import {
  loadModel,
  readModelConfig,
  readReport,
  type SavedModel,
  saveReport,
} from "../../hub/store/model-folder.js";
import { evaluateAnswers } from "../../metrics/evaluation.js";
import { evaluateGuesses } from "../../metrics/guesses.js";
import { mostConfidentMistakes } from "../../metrics/mistakes.js";
import { multiLabelReport, sigmoid } from "../../metrics/multi-label.js";
import { mostWrong } from "../../metrics/multi-label-answers.js";
import {
  answersOf,
  guessesOf,
  type LabelledExample,
  multiLabelAnswersOf,
} from "../../predict/answer-labelled.js";
import { Predictor } from "../../predict/predictor.js";
import type { LearningCurves } from "../../report/charts/learning-curves.js";
import { formatGuesses } from "../../report/files/guesses-file.js";
import { formatMultiLabelAnswers } from "../../report/files/multi-label-file.js";
import { formatPredictions } from "../../report/files/predictions-file.js";
import { formatRun, parseRun } from "../../report/files/run-file.js";
import { type DataRecord, dataRecord, type RunRecord, thisMachine } from "../../report/files/run-record.js";
import { modelCard } from "../../report/page/model-card.js";
import { type Report, reportPage } from "../../report/page/report-page.js";
import { threads } from "../../runtime/threads/threads.js";
import { DEFAULT_TEXTS } from "../../text/text-example.js";
import { DEFAULT_TRUNCATION } from "../../text/truncate-pair.js";
import type { DoneEvent } from "../../train/events.js";
import type { RunOptions } from "../options.js";
import { version } from "../version.js";
import { outcomeWarnings } from "../warnings.js";
import type { Listener } from "./listener.js";

/** What the report says of a run that the run itself does not know. */
export interface RunDescription {
  /** Settings beside those of the trainer. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What the weights began as; default: they were drawn. */
  readonly pretrained?: string | undefined;
  /** Where the examples come from. */
  readonly data?: {
    readonly train?: DataRecord | undefined;
    readonly validation?: DataRecord | undefined;
    readonly test?: DataRecord | undefined;
  };
}

/** A run that is reported on. */
export interface ReportedRun extends SavedModel<Answers> {
  readonly train: TextDataset;
  /** A teacher's logits for these examples. */
  readonly teacher?: Float32Array | undefined;
  readonly validation?: TextDataset | undefined;
  readonly test?: TextDataset | undefined;
  /** The texts of the test set, or without one of the validation set: on these the saved model is evaluated. */
  readonly heldOut?: readonly LabelledExample[] | undefined;
  readonly description?: RunDescription;
  readonly warnings?: readonly string[];
}

export interface ReportOptions {
  /** Where the reports go, and the saved model is. */
  readonly folder: string;
  readonly options: RunOptions;
  /** What was recorded by the end. */
  readonly curves: () => LearningCurves;
}

const MISTAKES = 12;

/** Follows a run in order to report on it afterwards. */
export interface RunReport extends Listener {
  /** Takes the logits [n, K] that the model has just given for a set, so that the saved one need not be asked again. */
  answered(set: "validation" | "test", logits: Float32Array): void;
  /**
   * Writes report.html, MODEL_CARD.md and run.json, and the answers of the saved model to held-out examples, where there
   * are any, to predictions.jsonl. Nothing of a run that is not done.
   * @returns all that the reports warn of
   */
  write(): Promise<readonly string[]>;
  /** Whether the folder holds all reports on a run that has taken so many steps. */
  isWritten(steps: number): Promise<boolean>;
}

/** @throws TunebertError when there are not as many held-out texts as encoded examples */
export function runReport(run: ReportedRun, options: ReportOptions): RunReport {
  const heldOut = heldOutOf(run);
  let done: DoneEvent | undefined;
  let latest: Float32Array | undefined;
  let saved: Float32Array | undefined;
  return {
    answered(set, logits) {
      if (set === heldOut?.data) latest = logits;
    },
    handle(event) {
      if (event.event === "epoch" && (event.best || !run.validation)) saved = latest;
      if (event.event === "done") done = event;
    },
    async write() {
      return done ? writeReports({ ...run, ...options, heldOut, logits: saved }, done) : [];
    },
    isWritten: (steps) => isReported(options.folder, steps),
  };
}

/** Pairs that the model was not trained on. */
interface HeldOut {
  readonly data: "validation" | "test";
  readonly set: TextDataset;
  readonly examples: readonly LabelledExample[];
}

function heldOutOf({ test, validation, heldOut: examples }: ReportedRun): HeldOut | undefined {
  const set = test ?? validation;
  if (!set || !examples) return undefined;
  const data = test ? "test" : "validation";
  if (examples.length === set.size) return { data, set, examples };
  throw new TunebertError(
    (named) =>
      `${named} has ${examples.length} examples, but the ${data} set ${set.size}; give those of that set, in its order`,
    { option: "heldOut" },
  );
}

interface Reported extends Omit<ReportedRun, "heldOut">, ReportOptions {
  readonly heldOut: HeldOut | undefined;
  /** [n, K] of the saved model to these examples; `undefined` where its epoch was over before the run was resumed. */
  readonly logits: Float32Array | undefined;
}

async function writeReports(run: Reported, done: DoneEvent): Promise<readonly string[]> {
  const { step: steps, epoch: epochs, bestEpoch, train: figures, examplesPerSecond, threads: lanes } = done;
  const { folder, model, options, train, teacher, validation, test, heldOut, description = {} } = run;
  const { maxLength, truncation = DEFAULT_TRUNCATION, texts = DEFAULT_TEXTS } = run;
  const { settings, pretrained } = description;
  const { temperature, teacherWeight, metric, ...others } = options;
  const { config, answers, labels, parameters } = model;
  const isAny = taskOf(answers) === "multi-label";
  const savedEpoch = validation ? bestEpoch : epochs;
  const judged =
    heldOut &&
    judge(
      heldOut,
      await outputsFor(run, heldOut, { isLast: savedEpoch === epochs }),
      answers,
      isAny ? (await readModelConfig(folder)).thresholds : undefined,
    );
  const data = {
    train: description.data?.train ?? dataRecord({ name: "training examples" }, train),
    validation:
      validation && (description.data?.validation ?? dataRecord({ name: "validation examples" }, validation)),
    test: test && (description.data?.test ?? dataRecord({ name: "test examples" }, test)),
  };
  const measured: RunRecord = {
    name: basename(resolve(folder)),
    tunebert: version,
    finished: new Date().toISOString(),
    model: {
      ...config,
      labels,
      ...(isAny && { task: "multi-label" }),
      parameters: [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0),
      maxLength,
      truncation,
      texts,
      pretrained,
    },
    // What chooses among models says nothing where none is chosen.
    settings: {
      ...others,
      ...(teacher && { temperature, teacherWeight }),
      metric: validation && metric,
      ...settings,
    },
    data,
    machine: thisMachine(),
    training: {
      epochs,
      savedEpoch,
      steps,
      threads: lanes,
      seconds: (epochs * train.size) / examplesPerSecond,
      examplesPerSecond,
      train: figures,
    },
    ...judged?.record,
  };
  const warnings = [...(run.warnings ?? []), ...outcomeWarnings(measured)];
  const record = { ...measured, warnings };
  if (judged) await saveReport(folder, "predictions.jsonl", judged.predictions);
  await saveReport(folder, "MODEL_CARD.md", modelCard(record));
  await saveReport(
    folder,
    "report.html",
    await reportPage({ run: record, curves: run.curves(), ...judged?.shown }),
  );
  await saveReport(folder, "run.json", formatRun(record)); // last: it says that the others are there
  return warnings;
}

async function isReported(folder: string, steps: number): Promise<boolean> {
  try {
    const { text, path } = await readReport(folder, "run.json");
    return parseRun(text, path).training.steps === steps;
  } catch (error) {
    if (error instanceof TunebertError) return false;
    throw error;
  }
}

/** How good answers to held-out examples are, as every report has it. */
interface Judged {
  readonly record: Pick<RunRecord, "evaluation" | "multiLabel" | "regression">;
  readonly predictions: Uint8Array;
  readonly shown: Pick<Report, "mistakes" | "multiLabelMistakes" | "guesses">;
}

/** @param outputs [n, K] to the examples @param thresholds (K) */
function judge(
  { data, set, examples }: HeldOut,
  outputs: Float32Array,
  answers: Answers,
  thresholds: readonly number[] | undefined,
): Judged {
  if (answers === "number") {
    const guesses = guessesOf(examples, outputs);
    return {
      record: { regression: { data, ...evaluateGuesses(outputs, set.numbers) } },
      predictions: formatGuesses(guesses),
      shown: { guesses },
    };
  }
  if ("anyOf" in answers) {
    const { anyOf: labels } = answers;
    const answered = multiLabelAnswersOf(examples, outputs, labels, thresholds);
    const report = multiLabelReport(multiHot(set), sigmoid(outputs), labels, thresholds);
    return {
      record: { multiLabel: { data, ...report } },
      predictions: formatMultiLabelAnswers(answered),
      shown: { multiLabelMistakes: mostWrong(answered, MISTAKES) },
    };
  }
  const answered = answersOf(examples, outputs, answers);
  return {
    record: { evaluation: { data, ...evaluateAnswers(answered, answers) } },
    predictions: formatPredictions(answered),
    shown: { mistakes: mostConfidentMistakes(answered, MISTAKES) },
  };
}

/** The outputs [n, K] of the saved model: it is asked where it has not been, the one in memory if that is the last epoch's. */
async function outputsFor(
  { folder, options, logits, ...run }: Reported,
  { set }: HeldOut,
  { isLast }: { readonly isLast: boolean },
): Promise<Float32Array> {
  if (logits) return logits;
  const saved = isLast ? run : await loadModel(folder, { task: "any" });
  const predictor = await Predictor.start({ ...saved, device: threads(options.threads) });
  try {
    return await predictor.logits(set);
  } finally {
    await predictor.close();
  }
}
