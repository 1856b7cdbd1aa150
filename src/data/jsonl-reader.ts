import { TunebertError } from "../error.js";
import { shorten, showJson } from "../text/show-json.js";
import { type ColumnOptions, findColumns, labelOfCell } from "./columns.js";
import { lines, type RowReader } from "./row-reader.js";
import type { TextPair } from "./text-pair.js";

/**
 * One JSON object a line (jsonlines.org). Labels may be strings, numbers (`1.0` and `1` are one, written `1`), or
 * `true` and `false`, which are labels of these names. Blank lines are passed over.
 */
export class JsonlReader implements RowReader {
  rows = 0;
  readonly #fileName: string;
  readonly #options: ColumnOptions;

  constructor(fileName: string, options: ColumnOptions) {
    this.#fileName = fileName;
    this.#options = options;
  }

  *read(block: string): Generator<TextPair> {
    for (const line of lines(block)) {
      this.rows++;
      if (line.trim() !== "") yield this.#pair(this.#parse(line));
    }
  }

  #pair(object: Record<string, unknown>): TextPair {
    const keys = Object.keys(object);
    const columns = findColumns(keys, this.#options, this.#fileName, this.rows);
    return {
      premise: this.#text(object, keys[columns.premise]!),
      hypothesis: this.#text(object, keys[columns.hypothesis]!),
      label: columns.label === undefined ? undefined : this.#label(object, keys[columns.label]!),
      fileName: this.#fileName,
      row: this.rows,
    };
  }

  #parse(line: string): Record<string, unknown> {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new TunebertError(`${this.#where}: not valid JSON; expected one object a line`, { cause });
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
    throw new TunebertError(
      `${this.#where}: expected an object such as {"premise": …, "hypothesis": …, "label": …}, found ${shorten(line)}`,
    );
  }

  #text(object: Record<string, unknown>, key: string): string {
    const value = object[key];
    if (typeof value === "string") return value;
    throw new TunebertError(
      `${this.#where}: ${JSON.stringify(key)} must be a string, found ${showJson(value)}`,
    );
  }

  #label(object: Record<string, unknown>, key: string): string | undefined {
    const value = object[key];
    if (value === null) return undefined;
    if (typeof value === "string") return labelOfCell(value, this.#options.noLabel);
    if (typeof value === "boolean") return String(value);
    if (typeof value === "number") return labelOfCell(this.#digits(value, key), this.#options.noLabel);
    throw new TunebertError(
      `${this.#where}: ${JSON.stringify(key)} must be a string, a number, true or false, found ${showJson(value)}`,
    );
  }

  /** A number as JavaScript writes it; an integer so large that JavaScript confuses it with others is refused. */
  #digits(value: number, key: string): string {
    if (Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value)))
      return String(value);
    throw new TunebertError(
      `${this.#where}: ${JSON.stringify(key)} is an integer beyond ±${Number.MAX_SAFE_INTEGER}, which JSON numbers do not ` +
        "tell from its neighbours; put it between quotes",
    );
  }

  get #where(): string {
    return `${this.#fileName}, row ${this.rows}`;
  }
}
