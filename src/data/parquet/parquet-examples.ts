import { TunebertError } from "../../error.js";
import { listNames } from "../../text/list-names.js";
import type { TextExample } from "../../text/text-example.js";
import { type ByteSource, joinPieces, piecesOf } from "../byte-source.js";
import type { ColumnOptions } from "../columns.js";
import { BadRow, badRow, type KeysOfExample, ObjectExamples } from "../object-examples.js";
import type { RowLog } from "../row-log.js";
import { classNames } from "./class-names.js";
import { damaged, inParquet } from "./damaged.js";
import { ParquetFile } from "./parquet-file.js";
import { GroupMemory, NOT_UTF8, readColumn } from "./read-column.js";

/** Its end says what is in the file, so it is read as a whole, packed as it is. */
const MAX_FILE_BYTES = 1024 * 1024 * 1024;

/** The examples of a Parquet file, unpacked a row group at a time. */
export class ParquetExamples {
  readonly #log: RowLog;
  readonly #examples: ObjectExamples;
  /** Whether the file's own names of classes are taken. */
  readonly #takesNames: boolean;

  constructor(log: RowLog, options: ColumnOptions) {
    this.#log = log;
    this.#takesNames = options.labelNames === undefined;
    this.#examples = new ObjectExamples(log, options);
  }

  /** Whether the file has the layout of SNLI, known when the first example has been read. */
  get isSnli(): boolean {
    return this.#examples.isSnli;
  }

  /** @throws TunebertError when the file is damaged, encrypted, too large, or lacks a column */
  async *blocks(source: ByteSource): AsyncGenerator<Iterable<TextExample>> {
    const { fileName } = this.#log;
    const file = new ParquetFile(fileName, await wholeOf(source, fileName));
    const { row_groups: groups } = file.metadata;
    for (let i = 0; i < groups.length; i++) {
      if (Number(groups[i]!.num_rows) !== 0) yield this.#group(file, i);
    }
  }

  *#group(file: ParquetFile, index: number): Generator<TextExample> {
    const group = file.metadata.row_groups[index]!;
    const keys = this.#keys(file);
    const columns = inParquet(file.name, () => readColumns(file, index, keys, this.#takesNames));
    for (let row = 0; row < Number(group.num_rows); row++) {
      this.#log.row++;
      const cells = columns.map((column) => [column.name, this.#cell(column.values[row], column)]);
      const example = this.#example(Object.fromEntries(cells), keys);
      if (example === undefined) continue;
      file.unpack(example.text.length + (example.textPair?.length ?? 0) + 1);
      yield example;
    }
  }

  #keys({ name, schema }: ParquetFile): KeysOfExample {
    try {
      return this.#examples.keysOf(schema.children.map(({ element }) => element.name));
    } catch (error) {
      throw error instanceof BadRow ? error.problem.wrap(`${name}: `) : error;
    }
  }

  #example(object: Readonly<Record<string, unknown>>, keys: KeysOfExample): TextExample | undefined {
    const broken = Object.keys(object).find((name) => object[name] === NOT_UTF8);
    try {
      if (broken !== undefined) throw badRow(`${JSON.stringify(broken)} is not valid UTF-8`);
      return this.#examples.exampleOf(object, keys);
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      this.#log.badRow(error.problem);
      return undefined;
    }
  }

  /** A value as JSON has it; integers beyond its numbers stay exact as text. */
  #cell(value: unknown, column: Column): unknown {
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#cell(item, column));
      return column.classes === undefined ? items : items.filter((item) => item !== null);
    }
    if (column.classes !== undefined && (typeof value === "number" || typeof value === "bigint")) {
      return this.#className(Number(value), column.name, column.classes);
    }
    if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    return Number.isNaN(value) ? null : value;
  }

  /** The name of a class; -1 stands for none. */
  #className(number: number, column: string, classes: readonly string[]): string | null {
    if (number === -1) return null;
    const name = classes[number];
    if (name !== undefined) return name;
    throw new TunebertError(
      `${this.#log.place}: ${JSON.stringify(column)} is ${number}; the file names the classes 0 to ${classes.length - 1}: ` +
        listNames(classes),
    );
  }
}

/** A column of a row group. */
interface Column {
  readonly name: string;
  readonly values: ArrayLike<unknown>;
  /** The names of the classes that its numbers stand for. */
  readonly classes: readonly string[] | undefined;
}

/** The columns of an example. */
function readColumns(
  file: ParquetFile,
  index: number,
  { text, textPair, label, flags = [] }: KeysOfExample,
  takesNames: boolean,
): Column[] {
  const group = file.metadata.row_groups[index]!;
  if (!(group.num_rows > 0)) throw damaged(`a row group of ${group.num_rows} rows`);
  const memory = new GroupMemory(file, index + 1);
  const all = [text, textPair, label, ...flags.map((flag) => flag.label)];
  const names = [...new Set(all)].filter((name) => name !== undefined);
  return names.map((name) => {
    const column = file.schema.children.find(({ element }) => element.name === name)!;
    const values = readColumn(file, group, column, memory);
    const hasClasses = takesNames && name === label;
    return { name, values, classes: hasClasses ? classNames(file.note("huggingface"), name) : undefined };
  });
}

async function wholeOf(source: ByteSource, fileName: string): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of piecesOf(source, fileName)) {
    pieces.push(piece);
    size += piece.length;
    if (size > MAX_FILE_BYTES) {
      throw new TunebertError(
        `${fileName} has more than ${MAX_FILE_BYTES} bytes, which is too much for one Parquet file; split it into several`,
      );
    }
  }
  return joinPieces(pieces);
}
