import { CsvError, parse } from "csv-parse/browser/esm/sync";
import { TunebertError } from "../error.js";
import { type ColumnOptions, findColumns, labelOfCell, type PairColumns, requireCells } from "./columns.js";
import type { RowReader } from "./row-reader.js";
import type { TextPair } from "./text-pair.js";

/** Comma-separated rows below a header row, quoted as RFC 4180 says. Blank rows are passed over. */
export class CsvReader implements RowReader {
  rows = 0;
  readonly #fileName: string;
  readonly #options: ColumnOptions;
  #names: readonly string[] | undefined;
  #columns!: PairColumns;

  constructor(fileName: string, options: ColumnOptions) {
    this.#fileName = fileName;
    this.#options = options;
  }

  *read(block: string): Generator<TextPair> {
    for (const cells of this.#parse(block)) {
      this.rows++;
      if (cells.length === 1 && cells[0] === "") continue;
      if (this.#names === undefined) {
        this.#names = cells;
        this.#columns = findColumns(cells, this.#options, this.#fileName, this.rows);
        continue;
      }
      requireCells(cells.length, this.#names.length, this.#fileName, this.rows);
      yield this.#pair(cells);
    }
  }

  #pair(cells: readonly string[]): TextPair {
    const { premise, hypothesis, label } = this.#columns;
    return {
      premise: cells[premise]!,
      hypothesis: cells[hypothesis]!,
      label: label === undefined ? undefined : labelOfCell(cells[label]!, this.#options.noLabel),
      fileName: this.#fileName,
      row: this.rows,
    };
  }

  #parse(block: string): string[][] {
    try {
      return parse(block, {
        record_delimiter: ["\r\n", "\n"],
        relax_column_count: true,
        max_record_size: 0,
      });
    } catch (cause) {
      if (!(cause instanceof CsvError)) throw cause;
      const row = this.rows + Number(cause.records) + 1;
      throw new TunebertError(
        `${this.#fileName}, row ${row}: not valid CSV: a quote is out of place or never closed; ` +
          "put a field that holds a quote between quotes, and double the quote",
        { cause },
      );
    }
  }
}
