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
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Does something that ends in its own time when the process is asked to stop: the first Ctrl-C, or SIGTERM, aborts the
 * signal, with an {@link Interrupted} for its reason. A second one ends the process at once.
 * @param onStop is called when the first one comes
 */
export async function interruptible<T>(
  action: (signal: AbortSignal) => Promise<T>,
  onStop: () => void,
): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: StopSignal) => {
    const reason = new Interrupted(signal);
    if (controller.signal.aborted) process.exit(reason.exitCode);
    controller.abort(reason);
    onStop();
  };
  const signals = Object.keys(EXIT_CODES) as StopSignal[];
  for (const signal of signals) process.on(signal, stop);
  try {
    return await action(controller.signal);
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}
