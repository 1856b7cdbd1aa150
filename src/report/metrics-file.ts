import { closeSync, openSync, writeSync } from "node:fs";
import { TunebertError } from "../error.js";

/** A log of events, one JSON object a line, each on disk before the next is made. */
export class MetricsFile {
  readonly #path: string;
  readonly #descriptor: number;

  /** Starts the file anew. @throws TunebertError when it cannot be written */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = this.#attempt(() => openSync(path, "w"));
  }

  append(event: Readonly<Record<string, unknown>>): void {
    this.#attempt(() => writeSync(this.#descriptor, `${JSON.stringify(event)}\n`));
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      throw new TunebertError(`cannot write ${this.#path}: ${(cause as Error).message}`, { cause });
    }
  }
}
