import { TunebertError } from "../error.js";

/** So many bad rows are named; the others are counted. */
const NAMED_ROWS = 3;

/** Where reading is in a file, and what becomes of rows that cannot be read. */
export class RowLog {
  readonly fileName: string;
  /** The row being read, header and blank rows counted: 1 is the first. In CSV a row may take several lines. */
  row = 0;
  /** Whether the header is still to come: without it no row can be read, so it is never skipped. */
  beforeHeader = false;
  /** Bad rows that were skipped. */
  bad = 0;
  readonly #badRows: "refuse" | "skip" | undefined;
  readonly #firstBad: string[] = [];

  /** @param badRows refuse them and say how to skip them, or skip them; by default they are refused */
  constructor(fileName: string, badRows?: "refuse" | "skip") {
    this.fileName = fileName;
    this.#badRows = badRows;
  }

  /** The present row, for messages. */
  get place(): string {
    return `${this.fileName}, row ${this.row}`;
  }

  /**
   * The present row cannot be read.
   * @param remedy what to do about it, beside skipping it
   * @throws TunebertError with the problem and its place, unless bad rows are skipped
   */
  badRow(problem: string, remedy = "repair or delete the row", cause?: unknown): void {
    if (this.beforeHeader || this.#badRows !== "skip") {
      const skipping = this.#badRows && !this.beforeHeader ? ", or leave such rows out with skipBadRows" : "";
      throw new TunebertError(`${this.place}: ${problem}; ${remedy}${skipping}`, { cause });
    }
    this.bad++;
    if (this.#firstBad.length < NAMED_ROWS) this.#firstBad.push(`row ${this.row}: ${problem}`);
  }

  /** `2 bad rows (row 3: …)`. */
  describeBad(): string {
    const more = this.bad > this.#firstBad.length ? "; …" : "";
    return `${this.bad} bad ${this.bad === 1 ? "row" : "rows"} (${this.#firstBad.join("; ")}${more})`;
  }
}
