import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { TunebertError } from "../../error.js";
import { systemReason } from "../../system-error.js";
import { printable } from "../../text/printable.js";

/** A log of events, one JSON object a line, each handed to the operating system before the next is made. */
export class MetricsFile {
  readonly #path: string;
  readonly #descriptor: number;

  /**
   * Opens the file for more lines.
   * @param keep bytes of it that stay; the rest is cut off
   * @throws TunebertError when it cannot be written
   */
  constructor(path: string, keep = 0) {
    this.#path = path;
    this.#descriptor = this.#attempt(() => openSync(path, "a"));
    this.#attempt(() => ftruncateSync(this.#descriptor, Math.min(keep, this.#size())));
  }

  /** @throws TunebertError when it cannot be written */
  append(event: Readonly<Record<string, unknown>>): void {
    const line = Buffer.from(`${printable(JSON.stringify(event))}\n`);
    this.#attempt(() => {
      for (let at = 0; at < line.length; ) at += writeSync(this.#descriptor, line, at);
    });
  }

  /** Sees to it that all lines are on the disk. @returns how many bytes they are */
  flush(): number {
    return this.#attempt(() => {
      fsyncSync(this.#descriptor);
      return this.#size();
    });
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #size(): number {
    return fstatSync(this.#descriptor).size;
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      throw new TunebertError(`cannot write ${this.#path}: ${systemReason(cause)}`, { cause });
    }
  }
}
