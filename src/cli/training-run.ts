import type { BertClassifier } from "../bert/bert-classifier.js";
import type { PairDataset } from "../data/pair-dataset.js";
import { type FolderLock, withFolderLock } from "../hub/files/folder-lock.js";
import type { FoundCheckpoint } from "../hub/store/checkpoint-folder.js";
import { metricsPath, prepareModelFolder, tensorBoardPath } from "../hub/store/model-folder.js";
import { CurveRecorder } from "../report/charts/curve-recorder.js";
import { loadCharts } from "../report/charts/draw-svg.js";
import { learningCurves } from "../run/listeners/learning-curves.js";
import type { Listener } from "../run/listeners/listener.js";
import { readListeners } from "../run/listeners/listener.js";
import { metricsLog } from "../run/listeners/metrics-log.js";
import { isReported, type RunDescription, runReport } from "../run/listeners/run-report.js";
import { tensorBoard } from "../run/listeners/tensor-board.js";
import { weightsSaver } from "../run/listeners/weights-saver.js";
import type { TruncationName } from "../text/truncate-pair.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { checkState } from "../train/check-state.js";
import { isOver } from "../train/model-selection.js";
import type { TrainerOptions } from "../train/options.js";
import { type FitOptions, Trainer } from "../train/trainer.js";
import { reportResume } from "./checkpoint-options.js";
import { epochLines } from "./listeners/epoch-lines.js";
import { jsonLog } from "./listeners/json-log.js";
import { progressLine } from "./listeners/progress-line.js";
import { note, print } from "./print.js";
import { type CheckpointSettings, resumable } from "./resumable.js";

export interface TrainingRun {
  readonly model: BertClassifier;
  readonly vocabulary: Vocabulary;
  readonly maxLength: number;
  /** Default: longest-first. */
  readonly truncation?: TruncationName | undefined;
  readonly train: PairDataset;
  /** By which the best epoch's model is chosen; default: none, and the latest is kept. */
  readonly validation?: PairDataset | undefined;
  readonly test: PairDataset | undefined;
  /** Where model and reports go. */
  readonly out: string;
  /** Of that folder. */
  readonly lock: FolderLock;
  readonly overwrite: boolean;
  readonly options: Partial<TrainerOptions>;
  readonly description: RunDescription;
  /** Whether TensorBoard's files are written too. */
  readonly tensorboard?: boolean;
  /** Default: there are none, and the run cannot be resumed. */
  readonly checkpoints?: CheckpointSettings | undefined;
  /** Whether stdout gets a line of JSON for each event, and nothing else; default: a line for each epoch. */
  readonly json?: boolean;
}

/**
 * Prepares a run and runs it, once it is known that the folder is for it alone, and that what the end needs is there.
 * @throws TunebertError when another process trains in the folder
 */
export async function inRunFolder(out: string, action: (lock: FolderLock) => Promise<void>): Promise<void> {
  await loadCharts();
  await withFolderLock(out, action, { onWait: note });
}

/**
 * Trains with progress on stderr and a line per epoch on stdout; saves checkpoints, the weights of the latest epoch, or
 * of the best by validation, and the learning curves and the reports at the end.
 * @throws Interrupted when the process was asked to stop, once a checkpoint is kept
 */
export async function runTraining(run: TrainingRun): Promise<void> {
  const { model, train, validation, test, out, lock, overwrite, checkpoints } = run;
  const trainer = new Trainer(model, run.options);
  const { epochs } = trainer.options;
  const curves = new CurveRecorder();
  const report = runReport({
    ...run.description,
    folder: out,
    train,
    options: trainer.options,
    curves: () => curves.curves,
  });
  const shown: Listener[] = [
    progressLine(process.stderr, epochs),
    run.json ? jsonLog(print) : epochLines(print, epochs),
  ];
  const listeners: Listener[] = [
    metricsLog(metricsPath(out)),
    ...(run.tensorboard ? [tensorBoard(tensorBoardPath(out))] : []),
    learningCurves(out, curves),
    weightsSaver(out, model, { which: validation ? "best" : "latest" }),
    ...shown,
    report,
  ];
  const follow = async (options: FitOptions) => {
    try {
      const events = trainer.fit(train, test, { ...options, validation });
      const resumeFrom = checkpoints?.resumeFrom;
      const restore = resumeFrom && readListeners(listeners, resumeFrom);
      if (resumeFrom) reportResume(resumeFrom, trainer.options);
      const isDone = resumeFrom && (await isReportedRun(out, resumeFrom, trainer.options));
      if (!isDone) await prepareModelFolder(out, run, { overwrite, resume: resumeFrom !== undefined });
      if (!isDone) restore?.();
      for await (const event of events) {
        if (event.event !== "step") await lock.expectHeld();
        for (const listener of isDone ? shown : listeners) await listener.handle(event);
      }
      await lock.expectHeld();
      await report.write();
    } finally {
      for (const listener of listeners) listener.close?.();
    }
  };
  await (checkpoints
    ? resumable(follow, { ...checkpoints, out, lock, listeners })
    : follow({ signal: lock.lost }));
}

/** Whether nothing is left to do: no step, and no report. Then the folder stays as it is. */
async function isReportedRun(
  folder: string,
  { state }: FoundCheckpoint,
  options: TrainerOptions,
): Promise<boolean> {
  const saved = checkState(state);
  return isOver(saved, options) && (await isReported(folder, saved.step));
}
