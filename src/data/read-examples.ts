import { TunebertError } from "../error.js";
import { expectFits, type GivenOptions } from "../option.js";
import type { TextExample } from "../text/text-example.js";
import { type ByteSource, piecesOf } from "./byte-source.js";
import type { ColumnOptions } from "./columns.js";
import { JsonFileReader } from "./json-file-reader.js";
import { rowOptions } from "./options.js";
import { ParquetExamples } from "./parquet/parquet-examples.js";
import { MAGIC } from "./parquet/parquet-file.js";
import { begins, peek } from "./peek.js";
import { readBlocks } from "./read-blocks.js";
import { RowLog } from "./row-log.js";
import type { RowReader } from "./row-reader.js";
import { snliTsv } from "./snli.js";
import { TableReader } from "./table-reader.js";
import { TsvReader } from "./tsv-reader.js";

/** What a file of examples is, and which of its columns hold them. */
export interface ReadExamplesOptions extends ColumnOptions, GivenOptions<typeof rowOptions> {
  /**
   * Its ending tells the format: .tsv or .txt (tab-separated), .csv, .jsonl or .json (an object a line, or an array of
   * objects); .gz may follow. A Parquet file is known by its first bytes. Errors name it.
   */
  readonly fileName: string;
  /** Is told, before the first example, whether the file has SNLI's layout, and is read as {@link readSnli} does. */
  readonly onLayout?: ((layout: "snli" | "columns") => void) | undefined;
  /** Is told of each row that cannot be read, and the rest is read; default: the first one is an error. */
  readonly onBadRow?: ((error: TunebertError) => void) | undefined;
  /** Is told, at the end, how many bad rows were left out, and of quotes that were read as text. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/**
 * Reads the examples of a file, texts or pairs of texts, as they are asked for; memory holds one block of rows at a time.
 *
 * A file of SNLI is read as {@link readSnli} does, unless a column is named; in its form of JSON lines too. Any
 * other file has its examples in named columns, all single texts or all pairs. One without a label is given with `label:
 * undefined`. Files packed by gzip are unpacked; UTF-16 is read when it begins with a byte order mark.
 * @throws TunebertError, with the row, when the file is not what its name says, lacks a column, holds no examples
 * or is not UTF-8
 * @example
 * const examples = readExamples(streamBytes("pairs.csv"), { fileName: "pairs.csv", labelColumn: "verdict" });
 * for await (const { text, textPair, label } of examples) console.log(text, textPair, label);
 */
export function readExamples(source: ByteSource, options: ReadExamplesOptions): AsyncGenerator<TextExample> {
  if (options.delimiter !== undefined) expectFits("delimiter", rowOptions.delimiter.kind, options.delimiter);
  const log = new RowLog(options.fileName, options.skipBadRows ? "skip" : (options.onBadRow ?? "refuse"));
  return readByFormat(source, log, options);
}

/**
 * Reads a file of SNLI 1.0 (Bowman et al., 2015) as d2l's `read_snli` (section 16.4) does: the texts are the
 * binary parses without their brackets. Pairs labelled `-` are given with `label: undefined`.
 * @throws TunebertError, with the row, when the header or a label is not SNLI's, a row has not 14 columns, or
 * the file holds no pairs or is not UTF-8
 * @example
 * const fileName = "snli_1.0_dev.txt";
 * for await (const { text, textPair, label } of readSnli(streamBytes(fileName), { fileName })) {
 *   console.log(text, textPair, label);
 * }
 */
export function readSnli(
  source: ByteSource,
  { fileName }: { readonly fileName: string },
): AsyncGenerator<TextExample> {
  const log = new RowLog(fileName);
  const reader = new TsvReader(log, snliTsv(fileName));
  return readAll(readBlocks(source, reader, log), reader, log);
}

/** A file of text is what its name says; one of Parquet says so itself. */
async function* readByFormat(
  source: ByteSource,
  log: RowLog,
  options: ReadExamplesOptions,
): AsyncGenerator<TextExample> {
  const { start, whole } = await peek(piecesOf(source, log.fileName));
  try {
    if (begins(start, MAGIC)) {
      const examples = new ParquetExamples(log, options);
      const bytes = source instanceof Uint8Array ? source : whole;
      yield* readAll(examples.blocks(bytes), examples, log, options);
    } else {
      const reader = readerFor(log, options);
      yield* readAll(readBlocks(whole, reader, log), reader, log, options);
    }
  } finally {
    await whole.return(undefined);
  }
}

function readerFor(log: RowLog, options: ReadExamplesOptions): RowReader {
  const ending = /(\.[^./\\]*?)(\.gz)?$/i.exec(log.fileName)?.[1]?.toLowerCase();
  switch (ending) {
    case ".csv":
      return new TableReader(log, ",", options);
    case ".tsv":
    case ".txt":
      return new TableReader(log, "\t", options);
    case ".jsonl":
    case ".json":
      return new JsonFileReader(log, options);
    case ".parquet":
      throw new TunebertError(
        `${log.fileName} is no Parquet file that can be read: it does not begin with PAR1, as one does that is neither ` +
          "encrypted nor packed; unpack it, or write it without encryption",
      );
    default:
      throw new TunebertError(
        `${log.fileName}: unknown format; expected a name that ends in .tsv or .txt (tab-separated), .csv, .jsonl or ` +
          ".json (an object a line, or an array of objects), with or without .gz, or a Parquet file",
      );
  }
}

async function* readAll(
  blocks: AsyncIterable<Iterable<TextExample>>,
  reader: Pick<RowReader, "isSnli" | "hint" | "end">,
  log: RowLog,
  { onLayout, onNotice }: Pick<ReadExamplesOptions, "onLayout" | "onNotice"> = {},
): AsyncGenerator<TextExample> {
  const { fileName } = log;
  let examples = 0;
  try {
    for await (const block of blocks) {
      for (const example of block) {
        if (examples === 0) onLayout?.(reader.isSnli ? "snli" : "columns");
        examples++;
        yield example;
      }
    }
    reader.end?.();
  } finally {
    if (log.bad > 0) onNotice?.(`${fileName}: skipped ${log.describeBad()}`);
    const hint = reader.hint?.();
    if (hint !== undefined) onNotice?.(`${fileName}: ${hint}`);
  }
  if (examples > 0) return;
  if (log.row === 0) throw new TunebertError(`${fileName} is empty; expected one example a row`);
  throw new TunebertError(
    log.bad > 0
      ? `${fileName} holds no examples, only ${log.describeBad()}`
      : `${fileName} holds no examples, only a header or blank rows; expected one example a row`,
  );
}
