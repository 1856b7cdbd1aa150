import type { AnsweredPair } from "../metrics/answered-pair.js";
import { type AnswerComparison, compareAnswers } from "../metrics/compare-answers.js";
import { evaluateAnswers } from "../metrics/evaluation.js";
import { holm } from "../metrics/holm.js";
import type { RunRecord } from "./run-record.js";

/** A run with its model's answers to the pairs on which runs are compared. */
export interface ComparedRun {
  /** What to call it. */
  readonly name: string;
  readonly run: RunRecord;
  readonly answers: readonly AnsweredPair[];
}

/** Runs side by side; lists have an entry for each run, in their order. */
export interface Comparison {
  readonly runs: readonly string[];
  /** Pairs that all have answered. */
  readonly pairs: number;
  readonly figures: Readonly<Record<string, readonly number[]>>;
  /** What is not the same in all runs: settings, sizes, data, machine. `null` where a run has no such setting. */
  readonly differences: Readonly<Record<string, readonly unknown[]>>;
  /** Each run after the first against the first. */
  readonly tests: readonly ComparisonTest[];
}

export interface ComparisonTest extends AnswerComparison {
  readonly first: string;
  readonly second: string;
  /** By Holm's method, for as many tests as there are. */
  readonly adjustedPValue: number;
}

/** Compares runs whose models have the same labels and answered the same pairs in the same order. */
export function compareRuns(compared: readonly [ComparedRun, ...ComparedRun[]]): Comparison {
  const [first, ...others] = compared;
  const evaluations = compared.map(({ run, answers }) => evaluateAnswers(answers, run.model.labels));
  const outcomes = others.map(({ answers }) => compareAnswers(first.answers, answers));
  const adjusted = holm(outcomes.map(({ pValue }) => pValue));
  return {
    runs: compared.map(({ name }) => name),
    pairs: first.answers.length,
    figures: {
      accuracy: evaluations.map(({ accuracy }) => accuracy),
      macroF1: evaluations.map(({ macroF1 }) => macroF1),
      calibrationError: evaluations.map(({ calibration }) => calibration.expectedCalibrationError),
      trainLoss: compared.map(({ run }) => run.training.trainLoss),
      trainAccuracy: compared.map(({ run }) => run.training.trainAccuracy),
      examplesPerSecond: compared.map(({ run }) => run.training.examplesPerSecond),
      parameters: compared.map(({ run }) => run.model.parameters),
    },
    differences: differences(compared.map(({ run }) => traits(run))),
    tests: outcomes.map((outcome, i) => ({
      first: first.name,
      second: others[i]!.name,
      ...outcome,
      adjustedPValue: adjusted[i]!,
    })),
  };
}

type Traits = Readonly<Record<string, unknown>>;

/** What may make runs differ. */
function traits({ model, settings, data, machine, tunebert }: RunRecord): Traits {
  const { labels: _, parameters: __, ...sizes } = model;
  const { name, sha256, pairs } = data.train;
  return {
    ...sizes,
    ...settings,
    trainingData: name,
    trainingSha256: sha256,
    trainingPairs: pairs,
    ...machine,
    tunebert,
  };
}

function differences(runs: readonly Traits[]): Record<string, unknown[]> {
  const names = [...new Set(runs.flatMap(Object.keys))];
  const valuesOf = (name: string) => runs.map((run) => run[name] ?? null);
  return Object.fromEntries(
    names
      .map((name) => [name, valuesOf(name)] as const)
      .filter(([, values]) => new Set(values.map((value) => JSON.stringify(value))).size > 1),
  );
}
