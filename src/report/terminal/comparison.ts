import { type AnsweredExample, confidenceOf, isCorrect } from "../../metrics/answered-example.js";
import { calibration } from "../../metrics/calibration.js";
import { classificationReport } from "../../metrics/classification-report.js";
import {
  type AnswerComparison,
  compareAnswers,
  compareMultiLabelAnswers,
} from "../../metrics/compare-answers.js";
import { compareGuesses, type GuessComparison } from "../../metrics/compare-guesses.js";
import { evaluateGuesses, type GuessedExample } from "../../metrics/guesses.js";
import { holm } from "../../metrics/holm.js";
import { evaluateMultiLabelAnswers, type MultiLabelAnswer } from "../../metrics/multi-label-answers.js";
import { own } from "../../text/json-reader.js";
import type { ModelRecord, RunRecord } from "../files/run-record.js";

/** A model with its answers to the examples on which models are compared. */
export interface ComparedRun<Answer> {
  /** What to call it. */
  readonly name: string;
  readonly model: ComparedModel;
  /** How it was trained; `undefined` where nobody recorded it. */
  readonly run: RunRecord | undefined;
  readonly answers: readonly Answer[];
}

/** What is known of every model. */
export type ComparedModel = Omit<ModelRecord, "pretrained">;

/** Runs side by side; lists have an entry for each run, in their order. */
export interface Comparison<Outcome = AnswerComparison | GuessComparison> {
  readonly runs: readonly string[];
  /** Examples that all have answered. */
  readonly pairs: number;
  /** `null` where it is not known. */
  readonly figures: Readonly<Record<string, readonly (number | null)[]>>;
  /**
   * What is not the same in all runs of which it is known: settings, sizes, data, machine. `null` where a run has no
   * such setting, `undefined` where it is not known.
   */
  readonly differences: Readonly<Record<string, readonly unknown[]>>;
  /** Each run after the first against the first. */
  readonly tests: readonly ComparisonTest<Outcome>[];
}

export type ComparisonTest<Outcome = AnswerComparison | GuessComparison> = Outcome & {
  readonly first: string;
  readonly second: string;
  /** By Holm's method, for as many tests as there are. */
  readonly adjustedPValue: number;
};

/** Compares runs whose models have the same labels and answered the same examples in the same order. */
export function compareRuns(compared: ComparedRuns<AnsweredExample>): Comparison<AnswerComparison> {
  const scores = compared.map(scoresOf);
  const figures = {
    accuracy: scores.map(({ accuracy }) => accuracy),
    macroF1: scores.map(({ macroF1 }) => macroF1),
    matthews: scores.map(({ matthews }) => matthews),
    calibrationError: compared.map(({ answers }) => calibrationError(answers)),
    trainLoss: ofTraining(compared, "loss"),
    trainAccuracy: ofTraining(compared, "accuracy"),
  };
  return comparison(compared, figures, compareAnswers);
}

/** Compares runs whose models answered with any labels to the same examples in the same order. */
export function compareMultiLabelRuns(
  compared: ComparedRuns<MultiLabelAnswer>,
): Comparison<AnswerComparison> {
  const reports = compared.map(({ model, answers }) => evaluateMultiLabelAnswers(answers, model.labels));
  const figures = {
    microF1: reports.map(({ microF1 }) => microF1),
    macroF1: reports.map(({ macroF1 }) => macroF1),
    exactMatch: reports.map(({ exactMatch }) => exactMatch),
    trainLoss: ofTraining(compared, "loss"),
  };
  return comparison(compared, figures, compareMultiLabelAnswers);
}

/** Compares runs whose models guessed the same numbers in the same order. */
export function compareRegressions(compared: ComparedRuns<GuessedExample>): Comparison<GuessComparison> {
  const scores = compared.map(({ answers }) => evaluateGuesses(...numbersOf(answers)));
  const figures = {
    pearson: scores.map(({ pearson }) => pearson),
    spearman: scores.map(({ spearman }) => spearman),
    meanSquaredError: scores.map(({ meanSquaredError }) => meanSquaredError),
    meanAbsoluteError: scores.map(({ meanAbsoluteError }) => meanAbsoluteError),
    trainLoss: ofTraining(compared, "loss"),
  };
  return comparison(compared, figures, compareGuesses);
}

export type ComparedRuns<Answer> = readonly [ComparedRun<Answer>, ...ComparedRun<Answer>[]];

function comparison<Answer, Outcome extends { readonly pValue: number }>(
  compared: ComparedRuns<Answer>,
  figures: Comparison["figures"],
  test: (first: readonly Answer[], second: readonly Answer[]) => Outcome,
): Comparison<Outcome> {
  const [first, ...others] = compared;
  const outcomes = others.map(({ name, answers }) => ({
    second: name,
    ...test(first.answers, answers),
  }));
  const adjusted = holm(outcomes.map(({ pValue }) => pValue));
  return {
    runs: compared.map(({ name }) => name),
    pairs: first.answers.length,
    figures: {
      ...figures,
      examplesPerSecond: compared.map(({ run }) => run?.training.examplesPerSecond ?? null),
      parameters: compared.map(({ model }) => model.parameters),
    },
    differences: differences(compared.map(traits)),
    tests: outcomes.map((outcome, i) => ({
      first: first.name,
      ...outcome,
      adjustedPValue: adjusted[i]!,
    })),
  };
}

function ofTraining(compared: readonly Pick<ComparedRun<unknown>, "run">[], name: string): (number | null)[] {
  return compared.map(({ run }) => own(run?.training.train ?? {}, name) ?? null);
}

function numbersOf(guesses: readonly GuessedExample[]): [guesses: Float32Array, numbers: Float32Array] {
  return [
    Float32Array.from(guesses, ({ guessedNumber }) => guessedNumber),
    Float32Array.from(guesses, ({ trueNumber }) => trueNumber),
  ];
}

function scoresOf({ model: { labels }, answers }: ComparedRun<AnsweredExample>) {
  const ids = new Map(labels.map((label, id) => [label, id]));
  const idsOf = (name: "trueLabel" | "predictedLabel") =>
    Int32Array.from(answers, (answer) => ids.get(answer[name]) ?? -1);
  return classificationReport(idsOf("trueLabel"), idsOf("predictedLabel"), labels);
}

function calibrationError(answers: readonly AnsweredExample[]): number {
  return calibration(answers.map(confidenceOf), answers.map(isCorrect)).expectedCalibrationError;
}

/** What may make runs differ; with what one lacks that is not in it, where all of a run is known. */
interface Traits {
  readonly values: Readonly<Record<string, unknown>>;
  readonly isWhole: boolean;
}

function traits({ model, run }: ComparedRun<unknown>): Traits {
  const { labels: _, parameters: __, ...sizes } = model;
  if (!run) return { values: sizes, isWhole: false };
  const { settings, data, machine, tunebert } = run;
  const { name, sha256, pairs } = data.train;
  const training = { trainingData: name, trainingSha256: sha256, trainingPairs: pairs };
  return { values: { ...sizes, ...settings, ...training, ...machine, tunebert }, isWhole: true };
}

function differences(runs: readonly Traits[]): Record<string, unknown[]> {
  const names = [...new Set(runs.flatMap(({ values }) => Object.keys(values)))];
  const valuesOf = (name: string) =>
    runs.map(({ values, isWhole }) => own(values, name) ?? (isWhole ? null : undefined));
  return Object.fromEntries(
    names.map((name) => [name, valuesOf(name)] as const).filter(([, values]) => differ(values)),
  );
}

function differ(values: readonly unknown[]): boolean {
  const known = values.filter((value) => value !== undefined);
  return new Set(known.map((value) => JSON.stringify(value))).size > 1;
}
