import { basename } from "node:path";
import { showAddress } from "../hub/files/address.js";
import { metricsPath, tensorBoardPath } from "../hub/store/model-folder.js";
import { preparePretrainingFolder, savePretrained } from "../hub/store/pretraining-folder.js";
import { checkOptions } from "../option.js";
import { CurveRecorder } from "../report/charts/curve-recorder.js";
import { threads as threadsOf } from "../runtime/threads/threads.js";
import type { EpochFigures } from "../train/model-selection.js";
import { trainingOptions } from "../train/options.js";
import { Trainer } from "../train/trainer.js";
import { followRun, type RunCheckpoints } from "./follow-run.js";
import { learningCurves } from "./listeners/learning-curves.js";
import type { Listener } from "./listeners/listener.js";
import { metricsLog } from "./listeners/metrics-log.js";
import { pretrainingReport } from "./listeners/pretraining-report.js";
import { tensorBoard } from "./listeners/tensor-board.js";
import { checkpointOptions } from "./options.js";
import { preparePretraining } from "./prepare-pretraining.js";
import { type PretrainOptions, pretrainingRunOptions } from "./pretrain-options.js";
import { inRunFolder, type RunFolder } from "./run-folder.js";

/** What pretraining came to. */
export interface PretrainingResult {
  /** Of the epoch whose model is kept; accuracies are fractions. */
  readonly figures: EpochFigures;
  /** Which epoch that was, from 1. */
  readonly epoch: number;
  /** Over the run, measuring not counted. */
  readonly examplesPerSecond: number;
}

/**
 * Pretrains a BERT on plain text, or goes on with one, in one call: what `tunebert pretrain` does, with options of the same names.
 * The folder `out` then holds the model, its checkpoints, metrics and report; {@link train} takes it as `pretrained`.
 * @throws TunebertError when options do not go together, a file cannot be read or written, or as {@link inRunFolder}
 * @example
 * const text = [["A dog runs .", "It barks ."], ["A cat sleeps .", "It purrs ."]];
 * const { figures } = await pretrain({ text, out: "my-bert", hidden: 32, ffn: 64, epochs: 2, minFrequency: 1 });
 * console.log(figures.train.tokenLoss);
 */
export async function pretrain(options: PretrainOptions): Promise<PretrainingResult> {
  return inRunFolder(options.out, options, (folder) => pretrainInFolder(folder, options));
}

/** How a run is kept, beside its options. */
export interface PretrainingRun {
  readonly checkpoints?: RunCheckpoints;
  /** Is told before the run goes on from a checkpoint. */
  readonly onResume?: Parameters<typeof followRun>[2]["onResume"];
}

/** {@link pretrain} in a folder that the run has for itself. */
export async function pretrainInFolder(
  folder: RunFolder,
  options: PretrainOptions,
  { checkpoints: kept, onResume = () => {} }: PretrainingRun = {},
): Promise<PretrainingResult> {
  const { path, lock, overwrite } = folder;
  const prepared = await preparePretraining(options);
  const { task, model, tokenizer, maxLength, validation, fingerprint } = prepared;
  const learning = checkOptions(pretrainingRunOptions, options);
  const trainerOptions = checkOptions(trainingOptions, learning);
  const trainer = new Trainer(task, threadsOf(learning.threads), trainerOptions);
  const curves = new CurveRecorder();
  const weights: Listener = {
    async handle(event) {
      if (event.event === "epoch" && (!validation || event.best))
        await savePretrained(path, { model, tokenizer });
    },
  };
  const pretrained = options.pretrained && basename(showAddress(options.pretrained));
  const report = pretrainingReport(path, {
    ...prepared,
    ...{ size: task.size, learning: { pretrained, ...learning }, curves: () => curves.curves },
  });
  const shown = options.listeners ?? [];
  const { checkpointEvery: every, keep, checkpoints } = checkOptions(checkpointOptions, options);
  const done = await followRun(folder, trainer, {
    listeners: [
      metricsLog(metricsPath(path)),
      ...(options.tensorboard ? [tensorBoard(tensorBoardPath(path))] : []),
      learningCurves(path, curves, "tokenAccuracy"),
      weights,
      ...shown,
      report,
    ],
    shown,
    checkpoints: checkpoints && { every, keep, ...kept },
    fit: {
      ...{ validation, fingerprint },
      signal: AbortSignal.any([lock.lost, ...(options.signal ? [options.signal] : [])]),
    },
    prepare: (resume) =>
      preparePretrainingFolder(path, { model, tokenizer, maxLength }, { overwrite, resume }),
    onResume,
    report,
  });
  const epoch = validation ? done.bestEpoch : done.epoch;
  const { train, validation: onValidation, test } = curves.at(epoch);
  const figures = { train, validation: onValidation, test };
  return { figures, epoch, examplesPerSecond: done.examplesPerSecond };
}
