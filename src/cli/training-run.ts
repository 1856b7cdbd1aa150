import type { BertClassifier } from "../bert/bert-classifier.js";
import type { PairDataset } from "../data/pair-dataset.js";
import { metricsPath, prepareModelFolder, saveReport, saveWeights } from "../hub/model-folder.js";
import { CurveRecorder } from "../report/curve-recorder.js";
import { drawLearningCurves } from "../report/learning-curves.js";
import { MetricsFile } from "../report/metrics-file.js";
import { reportProgress } from "../report/progress.js";
import type { TruncationName } from "../text/truncate-pair.js";
import type { Vocabulary } from "../text/vocabulary.js";
import type { DoneEvent, EpochEvent, StepEvent } from "../train/events.js";
import type { TrainerOptions } from "../train/options.js";
import { Trainer } from "../train/trainer.js";

export interface TrainingRun {
  readonly model: BertClassifier;
  readonly vocabulary: Vocabulary;
  readonly maxLength: number;
  /** Default: longest-first. */
  readonly truncation?: TruncationName | undefined;
  readonly train: PairDataset;
  readonly test: PairDataset | undefined;
  /** Where model and reports go. */
  readonly out: string;
  readonly overwrite: boolean;
  readonly options: Partial<TrainerOptions>;
}

/**
 * Trains with progress on stderr and a line per epoch on stdout; saves the weights after every epoch, and the
 * learning curves at the end.
 */
export async function runTraining(run: TrainingRun): Promise<void> {
  const { model, train, test, out } = run;
  const trainer = new Trainer(model, run.options);
  await prepareModelFolder(out, run, run);
  const metrics = new MetricsFile(metricsPath(out));
  const progress = reportProgress(process.stderr);
  const curves = new CurveRecorder();
  try {
    for await (const event of trainer.fit(train, test)) {
      if (event.event === "step") {
        metrics.append(stepLine(event));
        curves.step(event);
        progress.update(progressOf(event, trainer.options.epochs));
      } else if (event.event === "epoch") {
        metrics.append({ ...event });
        curves.epoch(event.epoch, event.testAccuracy);
        await saveWeights(out, model);
        progress.clear();
        console.log(epochLine(event, trainer.options.epochs));
      } else {
        progress.finish();
        await saveReport(out, "curves.svg", await drawLearningCurves(curves.curves));
        console.log(summaryLines(event));
      }
    }
  } finally {
    progress.finish();
    metrics.close();
  }
}

function stepLine({ event, step, loss, examples, seconds }: StepEvent) {
  return { event, step, loss, examples, seconds };
}

function progressOf(event: StepEvent, epochs: number) {
  return {
    epoch: event.epoch,
    epochs,
    step: event.stepInEpoch,
    steps: event.stepsPerEpoch,
    loss: event.trainLoss,
    accuracy: event.trainAccuracy,
    examplesPerSecond: event.examplesPerSecond,
    secondsLeft: event.secondsLeft,
  };
}

function epochLine({ epoch, trainLoss, trainAccuracy, testAccuracy }: EpochEvent, epochs: number): string {
  const test = testAccuracy === undefined ? "" : `, test acc ${testAccuracy.toFixed(3)}`;
  return `epoch ${epoch}/${epochs}: loss ${trainLoss.toFixed(3)}, train acc ${trainAccuracy.toFixed(3)}${test}`;
}

/** The two lines with which d2l's `train_ch13` ends. */
function summaryLines({
  trainLoss,
  trainAccuracy,
  testAccuracy,
  examplesPerSecond,
  threads,
}: DoneEvent): string {
  const test = testAccuracy === undefined ? "" : `, test acc ${testAccuracy.toFixed(3)}`;
  return (
    `loss ${trainLoss.toFixed(3)}, train acc ${trainAccuracy.toFixed(3)}${test}\n` +
    `${examplesPerSecond.toFixed(1)} examples/sec on ${threads} CPU thread${threads === 1 ? "" : "s"}`
  );
}
