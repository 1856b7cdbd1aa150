import { TunebertError } from "../error.js";

/** So many bad rows are named; the others are counted. */
const NAMED_ROWS = 3;

/** What becomes of bad rows: they are refused, with a word on how to skip them; skipped; or told, and reading goes on. */
export type BadRows = "refuse" | "skip" | ((error: TunebertError) => void);

/** Where reading is in a file, and what becomes of rows that cannot be read. */
export class RowLog {
  readonly fileName: string;
  /** The row being read, header and blank rows counted: 1 is the first. In CSV a row may take several lines. */
  row = 0;
  /** Whether the header is still to come: without it no row can be read, so it is never skipped. */
  beforeHeader = false;
  /** Bad rows that were skipped. */
  bad = 0;
  readonly #badRows: BadRows | undefined;
  readonly #firstBad: string[] = [];

  /** @param badRows by default they are refused, and nothing can be done about it */
  constructor(fileName: string, badRows?: BadRows) {
    this.fileName = fileName;
    this.#badRows = badRows;
  }

  /** The present row, for messages. */
  get place(): string {
    return `${this.fileName}, row ${this.row}`;
  }

  /** Does something with the header. @throws TunebertError, with its place, as `action` does */
  inHeader<T>(action: () => T): T {
    try {
      const found = action();
      this.beforeHeader = false;
      return found;
    } catch (error) {
      throw error instanceof TunebertError ? error.wrap(`${this.place}: `) : error;
    }
  }

  /**
   * The present row cannot be read.
   * @param remedy what to do about it, beside skipping it
   * @throws TunebertError with the problem and its place, unless bad rows are skipped or told
   */
  badRow(problem: string | TunebertError, remedy = "repair or delete the row", cause?: unknown): void {
    if (this.beforeHeader || this.#badRows !== "skip") {
      const error = typeof problem === "string" ? new TunebertError(problem, { cause }) : problem;
      const refusal = this.#refusal(error, remedy);
      if (this.beforeHeader || typeof this.#badRows !== "function") throw refusal;
      this.#badRows(refusal);
      return;
    }
    this.bad++;
    if (this.#firstBad.length < NAMED_ROWS) {
      this.#firstBad.push(`row ${this.row}: ${typeof problem === "string" ? problem : problem.message}`);
    }
  }

  #refusal(error: TunebertError, remedy: string): TunebertError {
    const skipping = this.#badRows === "refuse" && !this.beforeHeader ? ["skipBadRows"] : [];
    return new TunebertError(
      (...names) => {
        const told = error.told((option) => names[error.options.indexOf(option)]!).join(" ");
        const [skipBadRows] = names.slice(error.options.length);
        const orSkip = skipBadRows === undefined ? "" : `, or leave such rows out with ${skipBadRows}`;
        return `${this.place}: ${told}; ${remedy}${orSkip}`;
      },
      { option: [...error.options, ...skipping], cause: error.cause ?? error },
    );
  }

  /** `2 bad rows (row 3: …)`. */
  describeBad(): string {
    const more = this.bad > this.#firstBad.length ? "; …" : "";
    return `${this.bad} bad ${this.bad === 1 ? "row" : "rows"} (${this.#firstBad.join("; ")}${more})`;
  }
}
