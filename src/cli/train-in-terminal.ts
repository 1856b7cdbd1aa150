import { TunebertError } from "../error.js";
import { runOptions } from "../run/options.js";
import type { RunFolder } from "../run/run-folder.js";
import { type TrainingResult, type TrainingRun, trainInFolder } from "../run/train-in-folder.js";
import type { Collective } from "../runtime/collective.js";
import { memoryFailure } from "../runtime/out-of-memory.js";
import { figuresOf } from "../tasks/task-for.js";
import type { TrainEvent } from "../train/events.js";
import { Interrupted, interruptible } from "./interrupted.js";
import { epochLines } from "./listeners/epoch-lines.js";
import { type ProgressLine, progressLine } from "./listeners/progress-line.js";
import { note, print, warn } from "./print.js";
import { reportResume } from "./report-resume.js";
import { resumeCommand } from "./resume-command.js";
import { outputFailed } from "./standard-streams.js";

export interface TerminalRun extends TrainingRun {
  readonly out: RunFolder;
  /** Whether stdout gets a line of JSON for each event, and nothing else; default: a line for each epoch. */
  readonly json?: boolean;
  /** Ends the run as a signal does. */
  readonly stop?: AbortSignal | undefined;
}

/**
 * Trains in a folder with progress on stderr and a line per epoch on stdout. With checkpoints it says how to go on when a
 * signal or a fault ends it, and where nothing can be printed any more, it ends as if a signal had come.
 * @throws Interrupted when the process was asked to stop, once a checkpoint is kept
 */
export async function trainInTerminal(run: TerminalRun): Promise<void> {
  const { epochs } = runOptions(run.options ?? {});
  const progress = progressLine(process.stderr, epochs);
  const listeners = [
    ...(run.listeners ?? []),
    progress,
    run.json
      ? { handle: (event: TrainEvent) => print(JSON.stringify(event)) }
      : epochLines(print, epochs, figuresOf(run.model.answers)[0].name),
  ];
  const shown = { ...run, listeners, onResume: reportResume };
  const { warnings } = await (run.checkpoints === false
    ? trainInFolder(shown)
    : trainInterruptibly(shown, progress));
  warn(warnings);
}

function trainInterruptibly(run: TerminalRun, progress: ProgressLine): Promise<TrainingResult> {
  return resumably(run, progress, (signal, onKept) =>
    trainInFolder({ ...run, signal, checkpoints: { ...run.checkpoints, onKept } }),
  );
}

/** A run that can be gone on with. */
export interface ResumableRun {
  readonly out: RunFolder;
  readonly collective?: Collective | undefined;
  /** Ends the run as a signal does. */
  readonly stop?: AbortSignal | undefined;
}

/**
 * Does something that keeps checkpoints, and says how to go on when a signal or a fault ends it.
 * @param action is told to stop by its signal, and tells each checkpoint's step
 * @throws Interrupted when the process was asked to stop, once a checkpoint is kept
 */
export async function resumably<T>(
  run: ResumableRun,
  progress: ProgressLine,
  action: (signal: AbortSignal, onKept: (step: number) => void) => Promise<T>,
): Promise<T> {
  let step = run.out.resumeFrom?.state.step;
  const onKept = (kept: number) => {
    step = kept;
  };
  try {
    return await interruptible((signal) => action(signal, onKept), () => {
      progress.clear();
      note("stopping after this step and a checkpoint; once more stops at once");
    }, [outputFailed, ...(run.stop ? [run.stop] : [])]);
  } catch (error) {
    const failure = memoryFailure(error) ?? error;
    if (step === undefined) throw failure;
    const command = resumeCommand(process.argv, process.env).map((line) => `  ${line}`);
    const hint = run.collective
      ? `To go on from step ${step}, have mpirun start this in its processes:`
      : `To go on from step ${step}:`;
    if (failure instanceof Interrupted) note([`stopped. ${hint}`, ...command]);
    // What came from outside may be over: a full disk, a thread that died.
    if (failure instanceof TunebertError && failure.cause !== undefined) {
      throw failure.wrap("", hint, ...command);
    }
    throw failure;
  }
}
