/** The end of a run that was asked to stop. */
export class Interrupted extends Error {
  /** What a shell sees of a process that the signal killed. */
  readonly exitCode: number;

  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.exitCode = EXIT_CODES[signal];
  }
}

/** Signals that ask a process to end. */
export type StopSignal = keyof typeof EXIT_CODES;

/** 128 and the signal's number. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Does something that ends in its own time when the process is asked to stop: the first Ctrl-C, SIGTERM or
 * SIGHUP aborts the signal, with an {@link Interrupted} for its reason. A second one, unless it is SIGHUP, ends the
 * process at once, as if nobody had listened.
 * @param onStop is called when the first one comes
 * @param causes signals that abort it too, with their reasons
 */
export async function interruptible<T>(
  action: (signal: AbortSignal) => Promise<T>,
  onStop: () => void,
  causes: readonly AbortSignal[] = [],
): Promise<T> {
  const controller = new AbortController();
  const signals = Object.keys(EXIT_CODES) as StopSignal[];
  const unlisten = () => {
    for (const signal of signals) process.off(signal, stop);
  };
  const stop = (signal: StopSignal) => {
    if (controller.signal.aborted) {
      // A terminal that closes, and the shell in it, both hang up.
      if (signal === "SIGHUP") return;
      // To exit would be to wait for the threads.
      unlisten();
      process.kill(process.pid, signal);
      return;
    }
    controller.abort(new Interrupted(signal));
    onStop();
  };
  for (const signal of signals) process.on(signal, stop);
  try {
    return await action(AbortSignal.any([controller.signal, ...causes]));
  } finally {
    unlisten();
  }
}
