import { printable } from "../../text/printable.js";
import { formatBytes, formatDuration } from "./format-quantity.js";
import type { ProgressStream } from "./progress.js";

/**
 * Shows how far a download is: in a terminal one line that is redrawn, elsewhere a line of a log now and then.
 *
 * @example
 * const progress = new DownloadProgress(process.stderr);
 * progress.update("snli", received, total);
 * progress.finish();
 */
export class DownloadProgress {
  readonly #stream: ProgressStream;
  readonly #redraws: boolean;
  readonly #secondsNow: () => number;
  readonly #rate = new RecentRate();
  #shownAt: number | undefined;
  #line = "";

  /** @param secondsNow a clock; for tests */
  constructor(stream: ProgressStream, secondsNow: () => number = () => performance.now() / 1000) {
    const { CI, TERM } = process.env;
    this.#stream = stream;
    this.#redraws = Boolean(stream.isTTY) && !CI && TERM !== "dumb";
    this.#secondsNow = secondsNow;
  }

  /** @param total bytes of the whole, where it is known */
  update(name: string, received: number, total: number | undefined): void {
    const now = this.#secondsNow();
    this.#rate.add(now, received);
    this.#line = this.#format(name, received, total);
    const due = this.#redraws ? SECONDS_BETWEEN_REDRAWS : SECONDS_BETWEEN_LINES;
    if (this.#shownAt !== undefined && now - this.#shownAt < due) return;
    this.#shownAt = now;
    this.#show();
  }

  /** Writes a line about something else. */
  note(text: string): void {
    this.finish();
    this.#stream.write(`${printable(text)}\n`);
  }

  /** Leaves the last state to be read. Call it after a failure too. */
  finish(): void {
    if (this.#line === "") return;
    this.#show();
    if (this.#redraws) this.#stream.write("\n");
    this.#line = "";
    this.#shownAt = undefined;
    this.#rate.clear();
  }

  #format(name: string, received: number, total: number | undefined): string {
    const rate = this.#rate.perSecond();
    const parts = [printable(name)];
    if (total === undefined) parts.push(formatBytes(received));
    else {
      const percent = total > 0 ? Math.floor((100 * received) / total) : 100;
      parts.push(`${percent}%`.padStart(4), `${formatBytes(received)} of ${formatBytes(total)}`);
    }
    if (rate !== undefined) {
      parts.push(`${formatBytes(rate)}/s`);
      if (total !== undefined) parts.push(`${formatDuration((total - received) / rate)} left`);
    }
    return parts.join("  ");
  }

  #show(): void {
    if (!this.#redraws) {
      this.#stream.write(`${this.#line}\n`);
      return;
    }
    const width = (this.#stream.columns || USUAL_COLUMNS) - 1;
    this.#stream.write(`\r${this.#line.slice(0, width)}${ERASE_TO_END}`);
  }
}

const SECONDS_BETWEEN_REDRAWS = 0.1;
const SECONDS_BETWEEN_LINES = 10;
const USUAL_COLUMNS = 80;
const ERASE_TO_END = "\u001b[K";

/** Bytes a second over the last moments, so that the time left follows a connection that gets slower or faster. */
class RecentRate {
  #samples: { readonly at: number; readonly bytes: number }[] = [];

  add(at: number, bytes: number): void {
    const last = this.#samples.at(-1);
    if (last && bytes < last.bytes) this.clear();
    if (last && at - last.at < SECONDS_BETWEEN_SAMPLES && this.#samples.length > 1) this.#samples.pop();
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && at - this.#samples[1]!.at > WINDOW_SECONDS) this.#samples.shift();
  }

  perSecond(): number | undefined {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (!first || !last || last.at - first.at < SHORTEST_SECONDS) return undefined;
    return (last.bytes - first.bytes) / (last.at - first.at);
  }

  clear(): void {
    this.#samples = [];
  }
}

const WINDOW_SECONDS = 10;
const SECONDS_BETWEEN_SAMPLES = 0.25;
const SHORTEST_SECONDS = 0.5;
