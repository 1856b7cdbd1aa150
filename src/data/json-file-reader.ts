import { TunebertError } from "../error.js";
import { shorten } from "../text/show-json.js";
import type { TextExample } from "../text/text-example.js";
import type { ColumnOptions } from "./columns.js";
import { arrayPieces, beginsArray } from "./json-array.js";
import { BadRow, badRow, ObjectExamples } from "./object-examples.js";
import { endOfLine, endOfLines } from "./row-ends.js";
import type { RowLog } from "./row-log.js";
import { lines, type RowReader } from "./row-reader.js";

/**
 * One JSON object a line (jsonlines.org), where blank lines are passed over, or an array of objects, whose elements are the
 * rows.
 */
export class JsonFileReader implements RowReader {
  readonly #log: RowLog;
  readonly #examples: ObjectExamples;
  /** What a file is that is an array, and how far it has come. */
  #array: "unread" | "begun" | "over" | undefined;

  constructor(log: RowLog, options: ColumnOptions) {
    this.#log = log;
    this.#examples = new ObjectExamples(log, options);
  }

  get isSnli(): boolean {
    return this.#examples.isSnli;
  }

  endOfRows(bytes: Uint8Array): number {
    if (!this.#isArray(bytes)) return endOfLines(bytes);
    if (this.#array === "over") return bytes.length;
    let end = 0;
    for (const { next, isLast } of arrayPieces(bytes, this.#begun)) {
      if (isLast) return bytes.length;
      end = next ?? end;
    }
    return end;
  }

  endOfRow(bytes: Uint8Array): number {
    if (!this.#isArray(bytes)) return endOfLine(bytes);
    const [first] = this.#array === "over" ? [] : arrayPieces(bytes, this.#begun);
    return first?.next ?? bytes.length;
  }

  *read(block: string): Generator<TextExample> {
    const rows = this.#array === undefined ? lines(block) : this.#elements(block);
    for (const row of rows) {
      this.#log.row++;
      if (row.trim() === "") continue;
      const example = this.#exampleOf(row);
      if (example) yield example;
    }
  }

  #exampleOf(row: string): TextExample | undefined {
    try {
      return this.#examples.exampleOf(this.#parse(row));
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      this.#log.badRow(error.problem);
      return undefined;
    }
  }

  end(): void {
    if (this.#array === undefined || this.#array === "over") return;
    throw new TunebertError(`${this.#log.fileName} ends before its array does: it is cut off`);
  }

  get #begun() {
    return { begun: this.#array === "begun" };
  }

  #isArray(bytes: Uint8Array): boolean {
    if (this.#array === undefined && this.#log.row === 0 && beginsArray(bytes)) this.#array = "unread";
    return this.#array !== undefined;
  }

  *#elements(block: string): Generator<string> {
    const bytes = encoder.encode(block);
    let rest = 0;
    if (this.#array !== "over") {
      for (const { start, end, next, isLast } of arrayPieces(bytes, this.#begun)) {
        this.#array = isLast ? "over" : "begun";
        rest = next ?? bytes.length;
        const element = decoder.decode(bytes.subarray(start, end));
        // Nothing stands between the brackets of an empty array, and behind a last comma.
        if (element.trim() !== "" || !(isLast || next === undefined)) yield element.trim() || "nothing";
      }
    }
    if (this.#array !== "over" || decoder.decode(bytes.subarray(rest)).trim() === "") return;
    throw new TunebertError(`${this.#log.fileName}: something follows the end of the array`);
  }

  #parse(row: string): Record<string, unknown> {
    let value: unknown;
    try {
      value = JSON.parse(row);
    } catch (cause) {
      const expected =
        this.#array === undefined ? "; expected one object a line, or an array of objects" : "";
      throw badRow(`not valid JSON${expected}`, cause);
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
    throw badRow(
      `expected an object such as {"premise": …, "hypothesis": …, "label": …}, found ${shorten(row)}`,
    );
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
