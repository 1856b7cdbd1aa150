import type { TextExample } from "../text/text-example.js";
import {
  type ColumnOptions,
  columnNames,
  type ExampleColumns,
  findColumns,
  wrongNumberOfCells,
} from "./columns.js";
import { labelOfCell, labelsOfFlags } from "./label-cells.js";
import { QuotedCells } from "./quoted-cells.js";
import { endOfLine, endOfLines } from "./row-ends.js";
import type { RowLog } from "./row-log.js";
import { lines, type RowReader } from "./row-reader.js";

/** What sets one kind of tab-separated file apart from another. */
export interface TsvLayout {
  /** Where an example stands, given the first row, which is mostly the header. Errors name no place. */
  columns(names: readonly string[]): ExampleColumns;
  /** Whether the first row is an example too. */
  readonly isHeaderless?: boolean;
  /** The text that a cell holds. */
  text(cell: string): string;
  /** The label that a cell holds, `undefined` for none. */
  label(cell: string, row: number): TextExample["label"];
  /** Sees the cells of an example as they are written. */
  see?(text: string, textPair: string | undefined, label: string | undefined): void;
  /** The column, if any, whose cells seem to be quoted. */
  quotedColumn?(columns: ExampleColumns): number | undefined;
}

/** A table with named or numbered columns. */
export function plainTsv(options: ColumnOptions): TsvLayout {
  const [texts, textPairs, labels] = [new QuotedCells(), new QuotedCells(), new QuotedCells()];
  return {
    columns: (firstRow) => findColumns(columnNames(firstRow, options), options),
    isHeaderless: options.header === false,
    text: (cell) => cell,
    label: (cell) => labelOfCell(cell, options),
    see(text, textPair, label) {
      texts.see(text);
      if (textPair !== undefined) textPairs.see(textPair);
      if (label !== undefined) labels.see(label);
    },
    quotedColumn({ text, textPair, label }) {
      if (texts.areText) return text;
      if (textPairs.areText) return textPair;
      return labels.any ? label : undefined;
    },
  };
}

/** Tab-separated rows below a header row; nothing is quoted or escaped. Blank rows are passed over. */
export class TsvReader implements RowReader {
  readonly #log: RowLog;
  readonly #layout: TsvLayout;
  #names: readonly string[] | undefined;
  #columns: ExampleColumns | undefined;
  /** Where each cell of the present row begins; one more than the cells, as if another followed the row. */
  readonly #starts: number[] = [0];

  constructor(log: RowLog, layout: TsvLayout) {
    this.#log = log;
    this.#layout = layout;
  }

  endOfRows(bytes: Uint8Array): number {
    return endOfLines(bytes);
  }

  endOfRow(bytes: Uint8Array): number {
    return endOfLine(bytes);
  }

  *read(block: string): Generator<TextExample> {
    for (const line of lines(block)) {
      this.#log.row++;
      if (line === "") continue;
      const cells = this.#split(line);
      if (cells === 1 && line.trim() === "") continue;
      let names = this.#names;
      if (names === undefined) {
        names = this.#readHeader(line.split("\t"));
        if (!this.#layout.isHeaderless) continue;
      }
      if (cells !== names.length) {
        this.#log.badRow(wrongNumberOfCells(cells, names.length));
        continue;
      }
      yield this.#example(line, this.#columns!);
    }
  }

  hint(): string | undefined {
    const column = this.#columns && this.#layout.quotedColumn?.(this.#columns);
    if (column === undefined) return undefined;
    return (
      `the column ${JSON.stringify(this.#names?.[column])} has cells between quotes, which are read as they stand; ` +
      "the option quotes (--quotes) reads them as in CSV"
    );
  }

  #readHeader(names: readonly string[]): readonly string[] {
    this.#columns = this.#log.inHeader(() => this.#layout.columns(names));
    this.#names = names;
    return names;
  }

  #example(line: string, { text, textPair, label, flags }: ExampleColumns): TextExample {
    const first = this.#cell(line, text);
    const second = textPair === undefined ? undefined : this.#cell(line, textPair);
    const third = label === undefined ? undefined : this.#cell(line, label);
    this.#layout.see?.(first, second, third);
    return {
      text: this.#layout.text(first),
      textPair: second === undefined ? undefined : this.#layout.text(second),
      label: flags
        ? labelsOfFlags(flags, ({ column }) => this.#cell(line, column), this.#log.place)
        : third === undefined
          ? undefined
          : this.#layout.label(third, this.#log.row),
      fileName: this.#log.fileName,
      row: this.#log.row,
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
