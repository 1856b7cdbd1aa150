import { TunebertError } from "../error.js";
import { shorten, showJson } from "../text/show-json.js";
import type { TextExample } from "../text/text-example.js";
import {
  type ColumnOptions,
  findColumns,
  hasColumns,
  type LabelFlag,
  namesColumns,
  withRemembered,
} from "./columns.js";
import { labelOfCell, labelsOfFlags, namesOf } from "./label-cells.js";
import { endOfLine, endOfLines } from "./row-ends.js";
import type { RowLog } from "./row-log.js";
import { lines, type RowReader } from "./row-reader.js";
import { isSnliObject, leavesOfParse, snliLabel } from "./snli.js";

/**
 * One JSON object a line (jsonlines.org). Labels may be strings, numbers (`1.0` and `1` are one, written `1`), or
 * `true` and `false`, which are labels of these names. Blank lines are passed over.
 */
export class JsonlReader implements RowReader {
  readonly #log: RowLog;
  readonly #options: ColumnOptions;
  #lastKeys: KeysOfExample | undefined;

  constructor(log: RowLog, options: ColumnOptions) {
    this.#log = log;
    this.#options = options;
  }

  get isSnli(): boolean {
    return this.#lastKeys?.isSnli === true;
  }

  endOfRows(bytes: Uint8Array): number {
    const end = endOfLines(bytes);
    if (end === 0 && this.#log.row === 0 && bytes[0] === BRACKET) throw jsonArray(this.#log.fileName);
    return end;
  }

  endOfRow(bytes: Uint8Array): number {
    return endOfLine(bytes);
  }

  *read(block: string): Generator<TextExample> {
    for (const line of lines(block)) {
      this.#log.row++;
      if (line.trim() === "") continue;
      const example = this.#exampleOf(line);
      if (example) yield example;
    }
  }

  #exampleOf(line: string): TextExample | undefined {
    try {
      return this.#example(this.#parse(line));
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      this.#log.badRow(error.problem);
      return undefined;
    }
  }

  #parse(line: string): Record<string, unknown> {
    if (this.#log.row === 1 && /^\s*\[/.test(line)) throw jsonArray(this.#log.fileName);
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw badRow("not valid JSON; expected one object a line", cause);
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
    throw badRow(
      `expected an object such as {"premise": …, "hypothesis": …, "label": …}, found ${shorten(line)}`,
    );
  }

  #example(object: Record<string, unknown>): TextExample {
    const { text, textPair, label, flags, isSnli } = this.#keysOf(Object.keys(object));
    const first = textOf(object, text);
    const second = textPair === undefined ? undefined : textOf(object, textPair);
    return {
      text: isSnli ? leavesOfParse(first) : first,
      textPair: isSnli ? leavesOfParse(second!) : second,
      label: flags
        ? labelsOfFlags(flags, ({ label }) => String(object[label] ?? ""), this.#where)
        : label === undefined
          ? undefined
          : isSnli
            ? this.#snliLabel(object, label)
            : this.#label(object[label], label),
      fileName: this.#log.fileName,
      row: this.#log.row,
    };
  }

  /** Rows mostly have the keys of the row before. */
  #keysOf(keys: readonly string[]): KeysOfExample {
    const last = this.#lastKeys;
    if (last?.all.length === keys.length && last.all.every((key, i) => key === keys[i])) return last;
    const found = this.#find(keys);
    if (last !== undefined && (found.textPair === undefined) !== (last.textPair === undefined)) {
      throw badRow(
        found.textPair === undefined
          ? `one text, but two in the rows before it; found: ${keys.map((key) => shorten(key)).join(", ")}`
          : `two texts, but one in the rows before it; found: ${keys.map((key) => shorten(key)).join(", ")}`,
      );
    }
    this.#lastKeys = found;
    return found;
  }

  #find(keys: readonly string[]): KeysOfExample {
    const remembered = withRemembered(this.#options);
    if (remembered && hasColumns(keys, remembered)) return this.#findBy(keys, remembered);
    if (!namesColumns(this.#options) && isSnliObject(keys)) return { all: keys, ...SNLI_KEYS };
    return this.#findBy(keys, this.#options);
  }

  #findBy(keys: readonly string[], options: ColumnOptions): KeysOfExample {
    try {
      const { text, textPair, label, flags } = findColumns(keys, options);
      return {
        all: keys,
        text: keys[text]!,
        textPair: textPair === undefined ? undefined : keys[textPair]!,
        label: label === undefined ? undefined : keys[label]!,
        ...{ flags, isSnli: false },
      };
    } catch (cause) {
      throw cause instanceof TunebertError ? new BadRow(cause) : cause;
    }
  }

  #snliLabel(object: Record<string, unknown>, key: string): string | undefined {
    const label = object[key] === null ? "-" : this.#name(object[key], key);
    return snliLabel(label, this.#where);
  }

  /** A list is of several labels, whatever they are separated by in a text. */
  #label(value: unknown, key: string): TextExample["label"] {
    if (value === null) return undefined;
    if (Array.isArray(value)) {
      return namesOf(
        value.map((label) => this.#name(label, key)),
        this.#options.labelNames,
      );
    }
    if (typeof value === "boolean") return String(value);
    return labelOfCell(this.#name(value, key), this.#options);
  }

  #name(value: unknown, key: string): string {
    if (typeof value === "string") return value;
    if (typeof value === "boolean") return String(value);
    if (typeof value === "number") return this.#digits(value, key);
    throw new TunebertError(
      `${this.#where}: ${JSON.stringify(key)} must be a string, a number, true or false, or a list of these, found ` +
        showJson(value),
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
    return this.#log.place;
  }
}

/** What is wrong with a row, without its place. */
class BadRow extends Error {
  constructor(readonly problem: TunebertError) {
    super(problem.message);
  }
}

function badRow(problem: string, cause?: unknown): BadRow {
  return new BadRow(new TunebertError(problem, { cause }));
}

/** Under which keys, of these, an example stands. */
interface KeysOfExample {
  readonly all: readonly string[];
  readonly text: string;
  readonly textPair: string | undefined;
  readonly label: string | undefined;
  readonly flags: readonly LabelFlag[] | undefined;
  readonly isSnli: boolean;
}

const SNLI_KEYS = {
  text: "sentence1_binary_parse",
  textPair: "sentence2_binary_parse",
  label: "gold_label",
  flags: undefined,
  isSnli: true,
};

/** As the files of JSON that other programs write often hold one. */
function jsonArray(fileName: string): TunebertError {
  return new TunebertError(
    `${fileName} is a JSON array; expected JSON Lines, one object a line (jq -c '.[]' makes them of an array)`,
  );
}

const BRACKET = 0x5b;

function textOf(object: Record<string, unknown>, key: string): string {
  const value = object[key];
  if (typeof value === "string") return value;
  throw badRow(`${JSON.stringify(key)} must be a string, found ${showJson(value)}`);
}
