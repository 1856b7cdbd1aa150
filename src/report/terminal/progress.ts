import { stripVTControlCharacters } from "node:util";
import { SingleBar } from "cli-progress";
import pc from "picocolors";
import {
  type Colors,
  epochsDone,
  formatProgressLine,
  formatProgressLog,
  type Progress,
} from "./format-progress.js";

export type { Progress } from "./format-progress.js";

/** Where progress is written, such as `process.stderr`. */
export interface ProgressStream {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** Shows how far a long piece of work has come. */
export interface ProgressReporter {
  update(progress: Progress): void;
  /** Takes the line away so that other output can be written; the next update brings it back. */
  clear(): void;
  /** Leaves the last state to be read. Call it after a failure too: a terminal's line is kept up by a timer. */
  finish(): void;
}

/**
 * Chooses how to show progress: in a terminal one line that is redrawn, elsewhere (a file, a pipe, `CI` in the
 * environment, a dumb terminal) a line of a log now and then. Colours need a terminal and no `NO_COLOR`.
 *
 * @example
 * const progress = reportProgress(process.stderr);
 * try {
 *   for (const step of steps) progress.update(await step.run());
 * } finally {
 *   progress.finish();
 * }
 */
export function reportProgress(stream: ProgressStream): ProgressReporter {
  const { CI, TERM, NO_COLOR } = process.env;
  if (!stream.isTTY || CI || TERM === "dumb") return new ProgressLog(stream);
  return new RedrawnLine(stream, pc.createColors(!NO_COLOR));
}

const REDRAWS_PER_SECOND = 10;
const USUAL_COLUMNS = 80;
const CURSOR_SAVE_OR_RESTORE = new Set(["\u001b7", "\u001b8"]);

class RedrawnLine implements ProgressReporter {
  readonly #stream: ProgressStream;
  readonly #colors: Colors;
  #shown: { bar: SingleBar; progress: Progress } | undefined;
  /** Characters of the line as it stands on the screen. */
  #length = 0;

  constructor(stream: ProgressStream, colors: Colors) {
    this.#stream = stream;
    this.#colors = colors;
  }

  update(progress: Progress): void {
    if (this.#shown) {
      this.#shown.progress = progress;
      this.#shown.bar.update({});
      return;
    }
    const bar = this.#createBar(() => this.#redraw(this.#shown?.progress ?? progress));
    this.#shown = { bar, progress };
    bar.start(1, 0);
  }

  clear(): void {
    this.#shown?.bar.stop();
    this.#shown = undefined;
    this.#length = 0;
  }

  finish(): void {
    if (!this.#shown) return;
    const { progress } = this.#shown;
    this.clear();
    this.#stream.write(`${this.#format(progress)}\n`);
  }

  #redraw(progress: Progress): string {
    this.#sweep();
    const line = this.#format(progress);
    this.#length = stripVTControlCharacters(line).length;
    return line;
  }

  #format(progress: Progress): string {
    return formatProgressLine(progress, this.#columns, this.#colors);
  }

  get #columns(): number {
    return this.#stream.columns || USUAL_COLUMNS;
  }

  /** Takes away the rows above, where a terminal that has become narrower broke the line into several. */
  #sweep(): void {
    const rowsAbove = Math.ceil(this.#length / this.#columns) - 1;
    if (rowsAbove > 0 && breaksLinesAnew()) this.#stream.write(`\u001b[${rowsAbove}A\r\u001b[J`);
  }

  #createBar(format: () => string): SingleBar {
    return new SingleBar({
      format,
      fps: REDRAWS_PER_SECOND,
      clearOnComplete: true,
      // Otherwise the bar would switch the terminal's own wrapping off, and Ctrl-C would leave it off.
      linewrap: true,
      stream: this.#streamOfBar(),
    });
  }

  /**
   * The bar cuts a line at the stream's width, where it counts colours as characters; ours fit already. It also
   * ends by going back to where it began, which is another line if something else was written meanwhile.
   */
  #streamOfBar(): NodeJS.WritableStream {
    const write = (text: string) => CURSOR_SAVE_OR_RESTORE.has(text) || this.#stream.write(text);
    return { isTTY: true, columns: Number.POSITIVE_INFINITY, write } as unknown as NodeJS.WritableStream;
  }
}

/** Whether the terminal breaks a line anew when its width changes, as all but a few do: xterm, the console, GNU screen. */
function breaksLinesAnew(): boolean {
  const { XTERM_VERSION, TERM, STY } = process.env;
  return XTERM_VERSION === undefined && STY === undefined && TERM !== "linux";
}

const EPOCHS_BETWEEN_LINES = 0.1;
const SECONDS_BETWEEN_LINES = 10;

class ProgressLog implements ProgressReporter {
  readonly #stream: ProgressStream;
  #written: { epochs: number; seconds: number } | undefined;
  #pending: Progress | undefined;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  update(progress: Progress): void {
    if (!("set" in progress)) this.#pending = progress;
    if (this.#isDue(progress)) this.#write(progress);
  }

  clear(): void {}

  finish(): void {
    if (this.#pending) this.#write(this.#pending);
  }

  /** Whichever is rarer, a part of an epoch or a number of seconds, so that neither a short nor a long run floods a log. */
  #isDue(progress: Progress): boolean {
    if (!this.#written) return true;
    const epochs = epochsDone(progress) - this.#written.epochs;
    const seconds = secondsNow() - this.#written.seconds;
    const isFar = "set" in progress || epochs >= EPOCHS_BETWEEN_LINES - 1e-9;
    return isFar && seconds >= SECONDS_BETWEEN_LINES;
  }

  #write(progress: Progress): void {
    this.#stream.write(`${formatProgressLog(progress)}\n`);
    this.#written = { epochs: epochsDone(progress), seconds: secondsNow() };
    this.#pending = undefined;
  }
}

function secondsNow(): number {
  return performance.now() / 1000;
}
