import { TunebertError } from "../error.js";
import type { GivenOptions } from "../option.js";
import { shorten } from "../text/show-json.js";
import type { labelColumnOptions, rowOptions, textColumnOptions } from "./options.js";

/**
 * Which columns of a table, or keys of a JSON object, hold an example. A name that no column bears exactly is looked
 * for in any case, with or without spaces, `_` and `-`.
 */
export interface ColumnOptions extends GivenOptions<typeof textColumnOptions & typeof labelColumnOptions> {
  /** Whether the first row of a table names its columns; else their names are their numbers from 1. Default: yes. */
  readonly header?: boolean | undefined;
  /** The labels that stand for none; blank ones always do. Default: `-`. */
  readonly noLabel?: readonly string[] | undefined;
  /** How the examples of a model's training were found: taken where no column is named here and all of them are there. */
  readonly remembered?: RememberedColumns | undefined;
}

/** What was said of a file of examples for them to be found. */
export interface RememberedColumns
  extends GivenOptions<
    typeof textColumnOptions & typeof labelColumnOptions & Omit<typeof rowOptions, "skipBadRows">
  > {}

/** What of the options there is to remember; nothing where nothing was said. */
export function columnsToRemember(options: RememberedColumns & ColumnOptions): RememberedColumns | undefined {
  const { textColumn, premiseColumn, textPairColumn, hypothesisColumn, labelColumn } = options;
  const { labelSeparator, labelColumns, labelNames, header, delimiter, quotes } = options;
  const said = {
    textColumn: textColumn ?? premiseColumn,
    textPairColumn: textPairColumn ?? hypothesisColumn,
    ...{ labelColumn, labelSeparator, labelColumns, labelNames },
    header: header === false ? false : undefined,
    delimiter,
    quotes: quotes === true ? true : undefined,
  };
  const entries = Object.entries(said).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The options with what is remembered of columns, where none is named in them. */
export function withRemembered<Options extends ColumnOptions & RememberedColumns>(
  options: Options,
): Options | undefined {
  const { remembered, delimiter, quotes } = options;
  if (remembered === undefined || namesColumns(options) || options.header === false) return undefined;
  return {
    ...options,
    ...{ header: true, ...remembered },
    ...{ delimiter: delimiter ?? remembered.delimiter, quotes: quotes || remembered.quotes },
  };
}

/** Where an example stands among the columns of a table. */
export interface ExampleColumns {
  readonly text: number;
  /** `undefined` where texts are single. */
  readonly textPair: number | undefined;
  readonly label: number | undefined;
  /** The columns that tell of one label each whether the example has it; `undefined` where there are none. */
  readonly flags: readonly LabelFlag[] | undefined;
}

/** A column that tells whether an example has a label. */
export interface LabelFlag {
  readonly label: string;
  readonly column: number;
}

/** The names by which data sets call the two texts: in NLI and GLUE, in libraries, in retrieval and in MRPC. */
const TEXT_COLUMNS: readonly (readonly [premise: string, hypothesis: string])[] = [
  ["premise", "hypothesis"],
  ["sentence1", "sentence2"],
  ["text_a", "text_b"],
  ["text1", "text2"],
  ["question1", "question2"],
  ["text", "text_pair"],
  ["query", "passage"],
  ["#1 String", "#2 String"],
];

/** The names by which data sets call a text that stands alone: in libraries, and in GLUE and its kin. */
const SINGLE_COLUMNS: readonly string[] = ["text", "sentence", "review", "question"];

const LABEL_COLUMNS = ["label", "gold_label"];

/** Other names of the label's column; of these there may be one. */
const OTHER_LABEL_COLUMNS: readonly string[] = ["labels", "class", "target", "Quality", "is_duplicate"];

/** More columns are no table of texts; Excel has as many. */
const MAX_COLUMNS = 16_384;

/**
 * Finds an example's columns among the names found.
 * @throws TunebertError, without a place, when one is not there or several could be meant; it lists them
 */
export function findColumns(found: readonly string[], options: ColumnOptions): ExampleColumns {
  if (found.length > MAX_COLUMNS) {
    throw new TunebertError(`${found.length} columns; a table of texts has at most ${MAX_COLUMNS}`);
  }
  const names = new ColumnNames(found);
  const { labelColumn, labelColumns } = options;
  if (labelColumn !== undefined && labelColumns !== undefined) {
    throw new TunebertError((one, many) => `${one} and ${many} both say where labels are; give one of them`, {
      option: ["labelColumn", "labelColumns"],
    });
  }
  const flags = labelColumns?.map((name) => {
    const column = names.require(name, "labelColumns");
    return { column, label: found[column]! };
  });
  const findLabel = () => (flags === undefined ? knownLabel(names) : undefined);
  const label = labelColumn === undefined ? findLabel() : names.require(labelColumn, "labelColumn");
  return { ...findTexts(names, options), label, flags };
}

function findTexts(names: ColumnNames, options: ColumnOptions): Pick<ExampleColumns, "text" | "textPair"> {
  const first = oneOf(options, "textColumn", "premiseColumn");
  const second = oneOf(options, "textPairColumn", "hypothesisColumn");
  if (first === undefined) {
    if (second === undefined) {
      if (options.header === false) throw unnamed(names);
      return knownTexts(names);
    }
    const textPair = names.require(second.name, second.option);
    return { text: names.require(premiseFor(second.name, names), "textColumn"), textPair };
  }
  const text = names.require(first.name, first.option);
  if (second !== undefined) return { text, textPair: names.require(second.name, second.option) };
  const partner = partnerOf(first.name, 0, names);
  return { text, textPair: partner === undefined ? undefined : names.find(partner) };
}

/** Whether an example's columns are among the names found. */
export function hasColumns(found: readonly string[], options: ColumnOptions): boolean {
  try {
    findColumns(found, options);
    return true;
  } catch (error) {
    if (error instanceof TunebertError) return false;
    throw error;
  }
}

/** Whether a column is named, so that none is taken for what its file's layout says. */
export function namesColumns({
  textColumn,
  textPairColumn,
  premiseColumn,
  hypothesisColumn,
  labelColumn,
  labelColumns,
}: ColumnOptions): boolean {
  const named = [textColumn, textPairColumn, premiseColumn, hypothesisColumn, labelColumn, labelColumns];
  return named.some((name) => name !== undefined);
}

/** What the columns of a table are called, given its first row. */
export function columnNames(firstRow: readonly string[], { header }: ColumnOptions): readonly string[] {
  return header === false ? firstRow.map((_, i) => String(i + 1)) : firstRow;
}

function unnamed(names: ColumnNames): TunebertError {
  return new TunebertError(
    (textColumn, header) =>
      `which column holds the text? With ${header} nothing tells; found: ${names.list()}. Give its number as ${textColumn}`,
    { option: ["textColumn", "header"] },
  );
}

type TextColumn = "textColumn" | "textPairColumn" | "premiseColumn" | "hypothesisColumn";

/** What is given under one of two names of an option. @throws TunebertError when both are */
function oneOf(
  options: ColumnOptions,
  field: TextColumn,
  alias: TextColumn,
): { readonly name: string; readonly option: TextColumn } | undefined {
  const [name, other] = [options[field], options[alias]];
  if (name !== undefined && other !== undefined) {
    throw new TunebertError((one, two) => `${one} and ${two} are two names of one option; give one of them`, {
      option: [field, alias],
    });
  }
  if (name !== undefined) return { name, option: field };
  return other === undefined ? undefined : { name: other, option: alias };
}

/** What is wrong with a row that has more or fewer cells than the header. */
export function wrongNumberOfCells(cells: number, expected: number): string {
  return `${cells} columns, but the first row has ${expected}`;
}

/** The columns of a table by their names. */
class ColumnNames {
  readonly #found: readonly string[];
  readonly #plain: readonly string[];

  constructor(found: readonly string[]) {
    this.#found = found;
    this.#plain = found.map(plain);
  }

  has(name: string): boolean {
    return this.#all(name).length > 0;
  }

  /** @throws TunebertError when there are several */
  find(name: string): number | undefined {
    const [column, ...others] = this.#all(name);
    if (others.length === 0) return column;
    const list = [column!, ...others].map((column) => JSON.stringify(this.#found[column])).join(" and ");
    throw new TunebertError(
      `several columns could be meant by "${name}": ${list}; rename or delete all but one`,
    );
  }

  /** A column by its name, or else by its number from 1. @throws TunebertError when there is none, or several */
  require(name: string, optionName: string): number {
    const column = this.find(name) ?? this.#numbered(name);
    if (column !== undefined) return column;
    throw new TunebertError(
      (option) => `no column ${JSON.stringify(name)}; found: ${this.list()}. Name the right one as ${option}`,
      { option: optionName },
    );
  }

  list(): string {
    const shown = this.#found.slice(0, SHOWN_COLUMNS).map((name) => shorten(name));
    const more = this.#found.length - shown.length;
    return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
  }

  #numbered(name: string): number | undefined {
    const place = /^\d+$/.test(name) ? Number(name) - 1 : -1;
    return place in this.#found ? place : undefined;
  }

  /** Those that bear the name exactly, else those that nearly do. */
  #all(name: string): number[] {
    const exactly = placesOf(name, this.#found);
    return exactly.length > 0 ? exactly : placesOf(plain(name), this.#plain);
  }
}

const SHOWN_COLUMNS = 20;

function knownTexts(names: ColumnNames): { text: number; textPair: number | undefined } {
  const there = TEXT_COLUMNS.filter((pair) => pair.every((name) => names.has(name)));
  const [pair, ...others] = there;
  if (others.length > 0) {
    throw withTextOptions(
      `the texts could be ${there.map(([first, second]) => `${first} and ${second}`).join(", or ")}`,
    );
  }
  if (pair) return { text: names.find(pair[0])!, textPair: names.find(pair[1])! };
  const single = new Set([...TEXT_COLUMNS.flat(), ...SINGLE_COLUMNS].filter((name) => names.has(name)));
  const [only, ...more] = single;
  if (only !== undefined && more.length === 0 && SINGLE_COLUMNS.includes(only)) {
    return { text: names.find(only)!, textPair: undefined };
  }
  throw withTextOptions(
    `no columns for the texts: expected ${TEXT_COLUMNS.map((pair) => pair.join(" and ")).join(", ")}, or one of ` +
      `${SINGLE_COLUMNS.join(", ")} alone; found: ${names.list()}`,
  );
}

function withTextOptions(problem: string): TunebertError {
  return new TunebertError(
    (textColumn, textPairColumn) =>
      `${problem}. Name the right ones as ${textColumn} and ${textPairColumn}, a single one as ${textColumn}`,
    { option: ["textColumn", "textPairColumn"] },
  );
}

function knownLabel(names: ColumnNames): number | undefined {
  const first = LABEL_COLUMNS.find((name) => names.has(name));
  if (first !== undefined) return names.find(first);
  const there = OTHER_LABEL_COLUMNS.filter((name) => names.has(name));
  if (there.length > 1) {
    throw new TunebertError(
      (labelColumn) => `the label could be ${there.join(" or ")}. Name the right one as ${labelColumn}`,
      { option: "labelColumn" },
    );
  }
  return there.length === 1 ? names.find(there[0]!) : undefined;
}

/** The first text's column for a second one that was given: known by its name or not, there has to be one. */
function premiseFor(given: string, names: ColumnNames): string {
  const known = TEXT_COLUMNS.find(([, second]) => plain(second) === plain(given))?.[0];
  return partnerOf(given, 1, names) ?? known ?? TEXT_COLUMNS[0]![0];
}

/** The column that goes with one that was given, else the first other one that is known and there. */
function partnerOf(given: string, side: 0 | 1, names: ColumnNames): string | undefined {
  const partner = TEXT_COLUMNS.find((pair) => plain(pair[side]) === plain(given))?.[1 - side];
  if (partner !== undefined && names.has(partner)) return partner;
  return TEXT_COLUMNS.map((pair) => pair[1 - side]!).find(
    (name) => names.has(name) && plain(name) !== plain(given),
  );
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, "");
}

function placesOf(name: string, names: readonly string[]): number[] {
  const places: number[] = [];
  for (let i = names.indexOf(name); i >= 0; i = names.indexOf(name, i + 1)) places.push(i);
  return places;
}
