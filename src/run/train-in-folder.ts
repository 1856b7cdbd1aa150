import type { Answers } from "../data/answers.js";
import type { TextDataset } from "../data/text-dataset.js";
import type { FoundCheckpoint } from "../hub/store/checkpoint-folder.js";
import {
  metricsPath,
  prepareModelFolder,
  type SavedModel,
  tensorBoardPath,
} from "../hub/store/model-folder.js";
import type { LabelledExample } from "../predict/answer-labelled.js";
import { CurveRecorder } from "../report/charts/curve-recorder.js";
import type { Collective } from "../runtime/collective.js";
import { threads } from "../runtime/threads/threads.js";
import { taskFor } from "../tasks/task-for.js";
import { checkState } from "../train/check-state.js";
import type { DoneEvent } from "../train/events.js";
import { type Fingerprint, fingerprintOf } from "../train/fingerprint.js";
import type { EpochFigures } from "../train/model-selection.js";
import { Trainer } from "../train/trainer.js";
import { followRun, type RunCheckpoints } from "./follow-run.js";
import { learningCurves } from "./listeners/learning-curves.js";
import type { Listener } from "./listeners/listener.js";
import { metricsLog } from "./listeners/metrics-log.js";
import { type RunDescription, runReport } from "./listeners/run-report.js";
import { tensorBoard } from "./listeners/tensor-board.js";
import { weightsSaver } from "./listeners/weights-saver.js";
import { type RunOptions, runOptions } from "./options.js";
import { expectAlike, type RankState } from "./ranks.js";
import { runFingerprint } from "./run-fingerprint.js";
import { inRunFolder, type RunFolder, type RunFolderOptions } from "./run-folder.js";

/** A run: what is trained on which examples, how, where it goes and who follows it. */
export interface TrainingRun<A extends Answers = Answers> extends SavedModel<A>, RunFolderOptions {
  /** Where the model, its metrics and its reports go; of a {@link RunFolder} the {@link RunFolderOptions} are known. */
  readonly out: string | RunFolder;
  readonly train: TextDataset;
  /** (n · K) a teacher's logits for the training examples, which then need no labels: see {@link distillation}. Default: none. */
  readonly teacher?: Float32Array | undefined;
  /** By which the best epoch's model is chosen; default: none, and the latest is kept. */
  readonly validation?: TextDataset | undefined;
  readonly test?: TextDataset | undefined;
  /**
   * The texts of the test set, or without one of the validation set, in its order: the report then shows how the saved
   * model does on them, and its answers are kept.
   */
  readonly heldOut?: readonly LabelledExample[] | undefined;
  /** How the model learns, and on how many threads. */
  readonly options?: Partial<RunOptions>;
  /** Default: kept, as often and as many as {@link RunCheckpoints} says; false: none, and the run cannot be resumed. */
  readonly checkpoints?: RunCheckpoints | false;
  /** Whether TensorBoard's files are written too; default: no. */
  readonly tensorboard?: boolean | undefined;
  /** Who else follows the run, after its files are written. */
  readonly listeners?: readonly Listener[] | undefined;
  /** Ends the run after the step under way and a checkpoint, where those are kept; its reason is then thrown. */
  readonly signal?: AbortSignal | undefined;
  /** What has to be the same when the run is resumed and is not seen here, such as the weights that it starts from. */
  readonly fingerprint?: Partial<Fingerprint>;
  /** For the report. */
  readonly description?: RunDescription;
  /** What may be wrong with the examples or the options, for the report; what the outcome warns of is added. */
  readonly warnings?: readonly string[];
  /** Processes that train with this one, of which it is the one that writes. Default: none. */
  readonly collective?: Collective | undefined;
  /** Called before a run goes on from a checkpoint; the threads are those of all processes. */
  readonly onResume?: (checkpoint: FoundCheckpoint, options: RunOptions) => void;
}

/** The last epoch's figures, and those of the epoch whose model is kept. */
export interface TrainingResult extends DoneEvent {
  readonly kept: EpochFigures & { readonly epoch: number };
  /** What may be wrong, a sentence each: what was given, and what the outcome warns of. */
  readonly warnings: readonly string[];
}

/**
 * Trains in a folder, as the command `tunebert train` does: keeps a log of all events, checkpoints, and the weights of the
 * latest epoch or, with a validation set, of the best; at the end the learning curves, a report, a model card and the
 * answers to held-out examples. {@link loadModel} reads the model from there.
 * @throws TunebertError as {@link inRunFolder} and {@link Trainer.fit}, or when a file cannot be written
 * @example
 * const saved = await loadModel("nli");
 * const { tokenizer, maxLength, model } = saved;
 * const read = (fileName: string) =>
 *   TextDataset.encode(readExamples(streamBytes(fileName), { fileName }), tokenizer, { maxLength, labels: model.labels });
 * const [train, test] = [await read("train.csv"), await read("test.csv")];
 * await trainInFolder({ ...saved, train, test, out: "run", overwrite: true, options: { epochs: 1 } });
 */
export async function trainInFolder(run: TrainingRun): Promise<TrainingResult> {
  const { out } = run;
  if (typeof out !== "string") return trainIn(out, run);
  return inRunFolder(out, run, (folder) => trainIn(folder, run));
}

async function trainIn(folder: RunFolder, run: TrainingRun): Promise<TrainingResult> {
  const { path, lock, overwrite, resumeFrom } = folder;
  const { model, train, validation, signal = lock.lost, checkpoints = {} } = run;
  const saved = { ...run, texts: train.texts };
  const options = runOptions(run.options ?? {});
  const { collective } = run;
  const { task, trainer, fit } = trainerOf(run, resumeFrom);
  const asked = AbortSignal.any([signal, lock.lost]);
  const curves = new CurveRecorder();
  const report = runReport(saved, { folder: path, options, curves: () => curves.curves });
  const weights = weightsSaver(path, model, validation);
  const shown = run.listeners ?? [];
  const listeners = [
    metricsLog(metricsPath(path)),
    ...(run.tensorboard ? [tensorBoard(tensorBoardPath(path))] : []),
    learningCurves(path, curves, task.figures[0]!.name),
    weights,
    ...shown,
    report,
  ];
  if (collective) await expectAlike(collective, rankStateOf(task, trainer, fit));
  const done = await followRun(folder, trainer, {
    listeners,
    shown,
    checkpoints,
    fit: {
      ...fit,
      signal: collective ? agreed(collective, asked) : asked,
      onAnswers(set, logits) {
        weights.answered(set, logits);
        report.answered(set, logits);
      },
    },
    prepare: (resume) => prepareModelFolder(path, saved, { overwrite, resume }),
    onResume(checkpoint) {
      run.onResume?.(checkpoint, { ...options, threads: options.threads * (collective?.size ?? 1) });
    },
    report,
  });
  const { bestEpoch, epoch: last, warnings, ...rest } = done;
  const epoch = validation ? bestEpoch : last;
  return { ...rest, bestEpoch, epoch: last, kept: curves.at(epoch), warnings };
}

/**
 * Trains with other processes, in step with the one that writes, and writes nothing.
 * @param resumeFrom the checkpoint from which that one goes on, too
 * @throws TunebertError as {@link Trainer.fit}, or the reason for which all have stopped
 */
export async function followTraining(
  run: Omit<TrainingRun, "out" | "collective">,
  collective: Collective,
  resumeFrom: FoundCheckpoint | undefined,
): Promise<void> {
  const { task, trainer, fit } = trainerOf({ ...run, collective }, resumeFrom);
  await expectAlike(collective, rankStateOf(task, trainer, fit));
  const { signal = new AbortController().signal } = run;
  for await (const _ of trainer.fit({ ...fit, signal: agreed(collective, signal) }));
}

/** What learns, and what decides which steps it takes. */
function trainerOf(run: Omit<TrainingRun, "out">, resumeFrom: FoundCheckpoint | undefined) {
  const { model, train, teacher, validation, test, collective } = run;
  const options = runOptions(run.options ?? {});
  const task = taskFor(model, train, options, teacher);
  const trainer = new Trainer(task, threads(options.threads, collective), options);
  return { task, trainer, fit: { validation, test, resumeFrom, fingerprint: runFingerprint(run) } };
}

function rankStateOf(
  task: ReturnType<typeof taskFor>,
  trainer: Trainer<TextDataset>,
  fit: ReturnType<typeof trainerOf>["fit"],
): RankState {
  return {
    fingerprint: fingerprintOf(task, trainer.options, fit),
    step: fit.resumeFrom && checkState(fit.resumeFrom.state).step,
  };
}

/** Asks all processes to stop when this one is asked; aborted once all know. */
function agreed({ stopping }: Collective, asked: AbortSignal): AbortSignal {
  const ask = () => stopping.ask(asked.reason);
  if (asked.aborted) ask();
  else asked.addEventListener("abort", ask, { once: true });
  return stopping.signal;
}
