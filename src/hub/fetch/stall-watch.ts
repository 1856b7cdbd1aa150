/** Gives up what takes too long without a sign of life. */
export class StallWatch {
  readonly #milliseconds: number;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #abort = () => this.#controller.abort(this.#outer?.reason);

  /** @param outer ends everything too */
  constructor(milliseconds: number, outer: AbortSignal | undefined) {
    this.#milliseconds = milliseconds;
    this.#outer = outer;
    if (outer?.aborted) this.#abort();
    outer?.addEventListener("abort", this.#abort);
  }

  /** For what can be told to stop. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The outcome of `work`, or a rejection once it has taken too long, whether or not it heeds the signal. */
  async over<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#controller;
    const seconds = this.#milliseconds / 1000;
    const stalled = new Error(`nothing came for ${seconds} s`);
    this.#timer = setTimeout(() => this.#controller.abort(stalled), this.#milliseconds);
    let onAbort = () => {};
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason);
      if (signal.aborted) onAbort();
      signal.addEventListener("abort", onAbort);
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      clearTimeout(this.#timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#abort);
    this.#controller.abort();
  }
}
