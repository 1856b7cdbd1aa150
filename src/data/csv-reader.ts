import { CsvError, parse } from "csv-parse/browser/esm/sync";
import { TunebertError } from "../error.js";
import type { TextExample } from "../text/text-example.js";
import { joinPieces } from "./byte-source.js";
import {
  type ColumnOptions,
  columnNames,
  type ExampleColumns,
  findColumns,
  wrongNumberOfCells,
} from "./columns.js";
import { decodeUtf8 } from "./decode-utf8.js";
import { labelOfCell, labelsOfFlags } from "./label-cells.js";
import { csvFault, endOfCsvRow, endOfCsvRows } from "./row-ends.js";
import type { RowLog } from "./row-log.js";
import type { RowReader } from "./row-reader.js";

/** Rows of fields below a header row, quoted as RFC 4180 says. Blank rows are passed over. */
export class CsvReader implements RowReader {
  readonly #log: RowLog;
  readonly #delimiter: string;
  readonly #options: ColumnOptions;
  #names: readonly string[] | undefined;
  #columns!: ExampleColumns;

  constructor(log: RowLog, delimiter: string, options: ColumnOptions) {
    this.#log = log;
    this.#delimiter = delimiter;
    this.#options = options;
  }

  endOfRows(bytes: Uint8Array): number {
    return endOfCsvRows(bytes, this.#delimiter.charCodeAt(0));
  }

  endOfRow(bytes: Uint8Array): number {
    return endOfCsvRow(bytes, this.#delimiter.charCodeAt(0));
  }

  *read(block: string): Generator<TextExample> {
    for (const cells of this.#rows(block)) {
      this.#log.row++;
      if (typeof cells === "string") {
        this.#badQuotes(cells);
        continue;
      }
      if (cells.length === 1 && cells[0]!.trim() === "") continue;
      let names = this.#names;
      if (names === undefined) {
        names = this.#readHeader(columnNames(cells, this.#options));
        if (this.#options.header !== false) continue;
      }
      if (cells.length !== names.length) {
        this.#log.badRow(wrongNumberOfCells(cells.length, names.length));
        continue;
      }
      yield this.#example(cells);
    }
  }

  #readHeader(names: readonly string[]): readonly string[] {
    this.#columns = this.#log.inHeader(() => findColumns(names, this.#options));
    this.#names = names;
    return names;
  }

  #example(cells: readonly string[]): TextExample {
    const { text, textPair, label, flags } = this.#columns;
    return {
      text: cells[text]!,
      textPair: textPair === undefined ? undefined : cells[textPair]!,
      label: flags
        ? labelsOfFlags(flags, ({ column }) => cells[column]!, this.#log.place)
        : label === undefined
          ? undefined
          : labelOfCell(cells[label]!, this.#options),
      fileName: this.#log.fileName,
      row: this.#log.row,
    };
  }

  /** The cells of each row, or what is wrong with its quotes: of a block with faults the other rows are parsed. */
  *#rows(block: string): Generator<readonly string[] | CsvFault> {
    const rows = parseCsv(block, this.#delimiter);
    if (!(rows instanceof CsvError)) {
      yield* rows;
      return;
    }
    const bytes = new TextEncoder().encode(block);
    const faults: (CsvFault | undefined)[] = [];
    const sound: Uint8Array[] = [];
    for (let start = 0; start < bytes.length; ) {
      const end = start + this.endOfRow(bytes.subarray(start));
      const row = bytes.subarray(start, end);
      const fault = csvFault(row, this.#delimiter.charCodeAt(0));
      faults.push(fault);
      if (fault === undefined) sound.push(row);
      start = end;
    }
    const others = parseCsv(decodeUtf8(joinPieces(sound))!, this.#delimiter);
    if (others instanceof CsvError) throw others;
    let next = 0;
    for (const fault of faults) yield fault ?? others[next++]!;
  }

  /** A quote that is never closed swallows all that follows, so that its row is never skipped. */
  #badQuotes(fault: CsvFault): void {
    const problem = "not valid CSV: a quote is out of place or never closed";
    const remedy = "put a field that holds a quote between quotes, and double the quote";
    if (fault === "misplaced") this.#log.badRow(problem, remedy);
    else throw new TunebertError(`${this.#log.place}: ${problem}; ${remedy}`);
  }
}

type CsvFault = NonNullable<ReturnType<typeof csvFault>>;

/** The fields of each row, blank rows included, or what is wrong with the quotes. */
export function parseCsv(text: string, delimiter: string): string[][] | CsvError {
  try {
    return parse(text, {
      delimiter,
      record_delimiter: ["\r\r\n", "\r\n", "\n", "\r"],
      relax_column_count: true,
      max_record_size: 0,
    });
  } catch (error) {
    if (error instanceof CsvError) return error;
    throw error;
  }
}
