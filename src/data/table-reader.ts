import { CsvError } from "csv-parse/browser/esm/sync";
import { TunebertError } from "../error.js";
import type { TextExample } from "../text/text-example.js";
import { type ColumnOptions, columnNames, hasColumns, namesColumns, withRemembered } from "./columns.js";
import { CsvReader, parseCsv } from "./csv-reader.js";
import { endOfHeader, endOfLine } from "./row-ends.js";
import type { RowLog } from "./row-log.js";
import { lines, type RowReader } from "./row-reader.js";
import { isSnliHeader, snliTsv } from "./snli.js";
import { plainTsv, TsvReader } from "./tsv-reader.js";

/** How a table is written and which of its columns hold an example. */
export interface TableOptions extends ColumnOptions {
  /** What stands between the cells of a row, an ASCII character. Default: what its header row tells. */
  readonly delimiter?: string | undefined;
  /** Whether cells may stand between quotes (RFC 4180) in tab-separated files too. Default: no. */
  readonly quotes?: boolean | undefined;
}

/**
 * A table below a header row. The header tells how it is written: if the columns of an example are not in it when it is cut
 * at the delimiter that is usual for the file's name, but they are for exactly one other, that one is taken. Quotes
 * are ordinary characters only between tabs in a file that is tab-separated by its name.
 */
export class TableReader implements RowReader {
  readonly #log: RowLog;
  readonly #usual: "," | "\t";
  #options: TableOptions;
  #reader: RowReader | undefined;
  #isSnli = false;

  constructor(log: RowLog, usual: "," | "\t", options: TableOptions) {
    this.#log = log;
    this.#usual = usual;
    this.#options = options;
    log.beforeHeader = true;
  }

  endOfRows(bytes: Uint8Array): number {
    return this.#reader ? this.#reader.endOfRows(bytes) : endOfHeader(bytes, this.#quotesInHeader);
  }

  endOfRow(bytes: Uint8Array): number {
    return this.#reader ? this.#reader.endOfRow(bytes) : endOfLine(bytes);
  }

  read(block: string): Iterable<TextExample> {
    this.#reader ??= this.#readerFor(block);
    return this.#reader.read(block);
  }

  get isSnli(): boolean {
    return this.#isSnli;
  }

  hint(): string | undefined {
    return this.#reader?.hint?.();
  }

  get #quotesInHeader(): boolean {
    const { quotes, remembered } = this.#options;
    return this.#usual === "," || quotes === true || remembered?.quotes === true;
  }

  #readerFor(start: string): RowReader {
    const header = headerOf(start, this.#quotesInHeader);
    if (header.length > MAX_HEADER) {
      throw new TunebertError(
        `${this.#log.fileName}: the header row has ${header.length} characters; that of a table of texts has at most ${MAX_HEADER}`,
      );
    }
    const remembered = withRemembered(this.#options);
    if (remembered && this.#styles(remembered).some((style) => this.#fits(header, style, remembered))) {
      this.#options = remembered;
    }
    const options = this.#options;
    const [style, ...others] = this.#styles(options);
    if (!namesColumns(options) && options.header !== false && !style!.quotes && isSnliHeader(header)) {
      this.#isSnli = true;
      return new TsvReader(this.#log, snliTsv(this.#log.fileName));
    }
    if (this.#fits(header, style!, options)) return this.#open(style!);
    const fitting = others.filter((other) => this.#fits(header, other, options));
    const [only] = fitting.length === 1 ? fitting : others.filter((other) => isCutBy(header, style!, other));
    return this.#open(only ?? style!);
  }

  /** How the table may be written, the usual way first. */
  #styles({ delimiter, quotes = false }: TableOptions): readonly TableStyle[] {
    const styleOf = (delimiter: string) => ({
      delimiter,
      quotes: quotes || delimiter !== "\t" || this.#usual !== "\t",
    });
    if (delimiter !== undefined) return [styleOf(delimiter)];
    const usual = styleOf(this.#usual);
    const others = DELIMITERS.filter((delimiter) => delimiter !== this.#usual).map(styleOf);
    return usual.quotes ? [usual, ...others] : [usual, { ...usual, quotes: true }, ...others];
  }

  #fits(header: string, style: TableStyle, options: TableOptions): boolean {
    return hasColumns(columnNames(cellsOf(header, style), options), options);
  }

  #open({ delimiter, quotes }: TableStyle): RowReader {
    if (quotes) return new CsvReader(this.#log, delimiter, this.#options);
    return new TsvReader(this.#log, plainTsv(this.#options));
  }
}

/** The names of thousands of columns; a longer header is none, and would be cut at every delimiter in vain. */
const MAX_HEADER = 1024 * 1024;

const DELIMITERS: readonly string[] = [",", ";", "\t", "|"];

interface TableStyle {
  readonly delimiter: string;
  readonly quotes: boolean;
}

/** The first row that is not blank. */
function headerOf(text: string, quotes: boolean): string {
  const header: string[] = [];
  let open = false;
  for (const line of lines(text)) {
    if (header.length === 0 && line.trim() === "") continue;
    header.push(line);
    if (quotes && line.split('"').length % 2 === 0) open = !open;
    if (!open) break;
  }
  return header.join("\n");
}

function cellsOf(header: string, { delimiter, quotes }: TableStyle): readonly string[] {
  if (!quotes) return header.split(delimiter);
  const rows = parseCsv(header, delimiter);
  return rows instanceof CsvError ? [] : (rows.at(-1) ?? []);
}

/** Whether one style finds several columns where the usual one finds one: its error lists them better. */
function isCutBy(header: string, usual: TableStyle, other: TableStyle): boolean {
  return cellsOf(header, usual).length === 1 && cellsOf(header, other).length > 1;
}
