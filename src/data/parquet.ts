import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadata,
  parquetReadObjects,
  parquetSchema,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { TunebertError } from "../error.js";
import type { TextExample } from "../text/text-example.js";
import { type ByteSource, concatenate, piecesOf } from "./byte-source.js";
import { classLabels } from "./class-labels.js";
import {
  type ColumnOptions,
  type ExampleColumns,
  findColumns,
  hasColumns,
  withRemembered,
} from "./columns.js";
import { ObjectExamples } from "./object-examples.js";
import type { RowLog } from "./row-log.js";

/** Its table of contents stands at its end, so that a file of Parquet is read whole before its first row is. */
const MAX_FILE = 2 ** 30;
/** Bytes that its columns may unpack to for each byte of the file; as of gzip. */
const MAX_RATIO = 200;
const RATIO_FREE_BYTES = 16 * 2 ** 20;
/** Rows that are in memory at a time. */
const CHUNK = 10_000;

/**
 * The examples of a file of Parquet, block by block. Whole numbers of a column that `datasets` calls a `ClassLabel` are the
 * labels of these names.
 * @throws TunebertError when the file is damaged, larger than a gigabyte, lacks a column, or as the log does
 */
export async function* readParquet(
  source: ByteSource,
  log: RowLog,
  options: ColumnOptions,
): AsyncGenerator<Iterable<TextExample>> {
  const bytes = await wholeOf(source, log.fileName);
  const file = bufferOf(bytes);
  const metadata = await parsed(log, async () => parquetMetadata(await file.slice(0)));
  const rows = await parsed(log, async () => rowsOf(metadata, bytes.length, log));
  const names = await parsed(log, async () => columnNames(metadata));
  const remembered = withRemembered(options);
  const chosen = remembered && hasColumns(names, remembered) ? remembered : options;
  const found = log.inFile(() => findColumns(names, chosen));
  const label = found.label === undefined ? undefined : names[found.label];
  const labelNames = chosen.labelNames ?? (label === undefined ? undefined : classLabels(metadata, label));
  const examples = new ObjectExamples(log, { ...chosen, labelNames });
  const columns = columnsOf(found, names);
  for (let rowStart = 0; rowStart < rows; rowStart += CHUNK) {
    const rowEnd = Math.min(rows, rowStart + CHUNK);
    const objects = await parsed(log, () =>
      parquetReadObjects({ file, metadata, columns, rowStart, rowEnd, compressors }),
    );
    if (objects.length !== rowEnd - rowStart)
      throw damaged(log, `${objects.length} of ${rowEnd - rowStart} rows`);
    yield examplesOf(objects, examples, log);
  }
}

function columnNames(metadata: FileMetaData): readonly string[] {
  return parquetSchema(metadata).children.map(({ element: { name } }) => {
    if (typeof name === "string") return name;
    throw new Error("a column has no name");
  });
}

function* examplesOf(
  objects: readonly Record<string, unknown>[],
  examples: ObjectExamples,
  log: RowLog,
): Generator<TextExample> {
  for (const object of objects) {
    log.row++;
    const example = examples.example(() => plain(object));
    if (example) yield example;
  }
}

/** As JSON would have it: long integers are as others where they are not too long. */
function plain(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, plainValue(value)]));
}

function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plainValue);
  return value ?? null;
}

function columnsOf(
  { text, textPair, label, flags = [] }: ExampleColumns,
  names: readonly string[],
): string[] {
  const places = [text, textPair, label, ...flags.map(({ column }) => column)];
  return places.flatMap((place) => (place === undefined ? [] : (names[place] ?? [])));
}

async function wholeOf(source: ByteSource, fileName: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of piecesOf(source, fileName)) {
    size += piece.length;
    if (size > MAX_FILE) {
      throw new TunebertError(
        `${fileName} is larger than ${MAX_FILE} bytes; give its rows in several files, or as .jsonl`,
      );
    }
    pieces.push(piece);
  }
  return concatenate([new Uint8Array(0), ...pieces]);
}

function bufferOf(bytes: Uint8Array): AsyncBuffer {
  const { buffer, byteOffset, byteLength } = bytes as Uint8Array<ArrayBuffer>;
  return {
    byteLength,
    slice: (start, end = byteLength) =>
      buffer.slice(byteOffset + start, byteOffset + Math.min(end, byteLength)),
  };
}

/** The number of rows. @throws TunebertError when the file claims more than it can hold */
function rowsOf({ row_groups }: FileMetaData, size: number, log: RowLog): number {
  const rows = row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  const unpacked = row_groups.reduce(
    (sum, { columns }) =>
      columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), sum),
    0,
  );
  const most = Math.max(RATIO_FREE_BYTES, MAX_RATIO * size);
  if (rows >= 0 && rows <= most && unpacked >= 0 && unpacked <= most) return rows;
  throw damaged(log, `${rows} rows, and ${unpacked} bytes in a file of ${size}`);
}

async function parsed<T>(log: RowLog, parse: () => Promise<T>): Promise<T> {
  try {
    return await parse();
  } catch (error) {
    if (error instanceof TunebertError) throw error;
    throw damaged(log, (error as Error).message, error);
  }
}

function damaged({ fileName }: RowLog, what: string, cause?: unknown): TunebertError {
  return new TunebertError(`${fileName} is no sound file of Parquet: ${what}`, { cause });
}
