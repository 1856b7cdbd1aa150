import { type ColumnOptions, findColumns, labelOfCell, type PairColumns, requireCells } from "./columns.js";
import { lines, type RowReader } from "./row-reader.js";
import type { TextPair } from "./text-pair.js";

/** What sets one kind of tab-separated file apart from another. */
export interface TsvLayout {
  /** Where a pair stands, given the names in the header. */
  columns(names: readonly string[]): PairColumns;
  /** The text that a cell holds. */
  text(cell: string): string;
  /** The label that a cell holds, `undefined` for none. */
  label(cell: string, row: number): string | undefined;
}

/** A table with named columns. */
export function plainTsv(fileName: string, options: ColumnOptions): TsvLayout {
  return {
    columns: (names) => findColumns(names, options, fileName, 1),
    text: (cell) => cell,
    label: (cell) => labelOfCell(cell, options.noLabel),
  };
}

/** Tab-separated rows below a header row; nothing is quoted or escaped. Blank rows are passed over. */
export class TsvReader implements RowReader {
  rows = 0;
  readonly #fileName: string;
  readonly #layout: TsvLayout;
  #names: readonly string[] | undefined;
  #columns!: PairColumns;
  /** Where each cell of the present row begins; one more than the cells, as if another followed the row. */
  readonly #starts: number[] = [0];

  constructor(fileName: string, layout: TsvLayout) {
    this.#fileName = fileName;
    this.#layout = layout;
  }

  *read(block: string): Generator<TextPair> {
    for (const line of lines(block)) {
      this.rows++;
      if (line === "") continue;
      if (this.#names === undefined) {
        this.#names = line.split("\t");
        this.#columns = this.#layout.columns(this.#names);
        continue;
      }
      requireCells(this.#split(line), this.#names.length, this.#fileName, this.rows);
      yield this.#pair(line);
    }
  }

  #pair(line: string): TextPair {
    const { premise, hypothesis, label } = this.#columns;
    return {
      premise: this.#layout.text(this.#cell(line, premise)),
      hypothesis: this.#layout.text(this.#cell(line, hypothesis)),
      label: label === undefined ? undefined : this.#layout.label(this.#cell(line, label), this.rows),
      fileName: this.#fileName,
      row: this.rows,
    };
  }

  /** Finds the cells of a line and returns their number. */
  #split(line: string): number {
    let cells = 0;
    for (let tab = line.indexOf("\t"); tab >= 0; tab = line.indexOf("\t", tab + 1)) {
      this.#starts[++cells] = tab + 1;
    }
    this.#starts[++cells] = line.length + 1;
    return cells;
  }

  #cell(line: string, column: number): string {
    return line.slice(this.#starts[column], this.#starts[column + 1]! - 1);
  }
}
