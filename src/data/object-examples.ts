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
import type { RowLog } from "./row-log.js";
import { isSnliObject, leavesOfParse, snliLabel } from "./snli.js";

/**
 * Makes examples of objects with keys. Labels may be strings, numbers (`1.0` and `1` are one, written `1`), `true` and
 * `false`, which are labels of these names, or lists of these.
 */
export class ObjectExamples {
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

  /**
   * The example that an object holds.
   * @param keys under which it stands; default: what the object's own keys tell
   * @throws BadRow where there is none
   */
  exampleOf(
    object: Readonly<Record<string, unknown>>,
    { text, textPair, label, flags, isSnli }: KeysOfExample = this.keysOf(Object.keys(object)),
  ): TextExample {
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

  /** Those under which an example stands, mostly as in the row before. @throws BadRow where there is none */
  keysOf(keys: readonly string[]): KeysOfExample {
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

  #snliLabel(object: Readonly<Record<string, unknown>>, key: string): string | undefined {
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
export class BadRow extends Error {
  constructor(readonly problem: TunebertError) {
    super(problem.message);
  }
}

/** What is wrong with a row, in words. */
export function badRow(problem: string, cause?: unknown): BadRow {
  return new BadRow(new TunebertError(problem, { cause }));
}

/** Under which keys, of these, an example stands. */
export interface KeysOfExample {
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

function textOf(object: Readonly<Record<string, unknown>>, key: string): string {
  const value = object[key];
  if (typeof value === "string") return value;
  throw badRow(`${JSON.stringify(key)} must be a string, found ${showJson(value)}`);
}
