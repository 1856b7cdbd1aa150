import { TunebertError } from "../error.js";
import { expectFits, type GivenOptions } from "../option.js";
import type { ByteSource } from "./byte-source.js";
import type { ColumnOptions } from "./columns.js";
import { JsonlReader } from "./jsonl-reader.js";
import { rowOptions } from "./options.js";
import { readBlocks } from "./read-blocks.js";
import { RowLog } from "./row-log.js";
import type { RowReader } from "./row-reader.js";
import { snliTsv } from "./snli.js";
import { TableReader } from "./table-reader.js";
import type { TextPair } from "./text-pair.js";
import { TsvReader } from "./tsv-reader.js";

/** What a file of pairs is, and which of its columns hold them. */
export interface ReadPairsOptions extends ColumnOptions, GivenOptions<typeof rowOptions> {
  /**
   * Its ending tells the format: .tsv or .txt (tab-separated), .csv, .jsonl or .json (an object a line); .gz may
   * follow. Errors name it.
   */
  readonly fileName: string;
  /** Hears, at the end, how many bad rows were left out, and of quotes that were read as text. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/**
 * Reads the pairs of a file as they are asked for; memory holds one block of rows at a time.
 *
 * A file of SNLI is read as {@link readSnli} does, unless a column is named; in its form of JSON lines too. Any
 * other file has its pairs in named columns. A pair without a label is given with `label: undefined`. Files packed by
 * gzip are unpacked; UTF-16 is read when it begins with a byte order mark.
 * @throws TunebertError, with the row, when the file is not what its name says, lacks a column, holds no pairs
 * or is not UTF-8
 * @example
 * const pairs = readPairs(streamBytes("pairs.csv"), { fileName: "pairs.csv", labelColumn: "verdict" });
 * for await (const { premise, hypothesis, label } of pairs) console.log(premise, hypothesis, label);
 */
export function readPairs(source: ByteSource, options: ReadPairsOptions): AsyncGenerator<TextPair> {
  if (options.delimiter !== undefined) expectFits("delimiter", rowOptions.delimiter.kind, options.delimiter);
  const log = new RowLog(options.fileName, options.skipBadRows ? "skip" : "refuse");
  return readAll(source, readerFor(log, options), log, options.onNotice);
}

/**
 * Reads a file of SNLI 1.0 (Bowman et al., 2015) as d2l's `read_snli` (section 16.4) does: the texts are the
 * binary parses without their brackets. Pairs labelled `-` are given with `label: undefined`.
 * @throws TunebertError, with the row, when the header or a label is not SNLI's, a row has not 14 columns, or
 * the file holds no pairs or is not UTF-8
 */
export function readSnli(
  source: ByteSource,
  { fileName }: { readonly fileName: string },
): AsyncGenerator<TextPair> {
  const log = new RowLog(fileName);
  return readAll(source, new TsvReader(log, snliTsv(fileName)), log);
}

function readerFor(log: RowLog, options: ReadPairsOptions): RowReader {
  const ending = /(\.[^./\\]*?)(\.gz)?$/i.exec(log.fileName)?.[1]?.toLowerCase();
  switch (ending) {
    case ".csv":
      return new TableReader(log, ",", options);
    case ".tsv":
    case ".txt":
      return new TableReader(log, "\t", options);
    case ".jsonl":
    case ".json":
      return new JsonlReader(log, options);
    default:
      throw new TunebertError(
        `${log.fileName}: unknown format; expected a name that ends in .tsv or .txt (tab-separated), .csv, .jsonl or ` +
          ".json (an object a line), with or without .gz",
      );
  }
}

async function* readAll(
  source: ByteSource,
  reader: RowReader,
  log: RowLog,
  onNotice?: (notice: string) => void,
): AsyncGenerator<TextPair> {
  const { fileName } = log;
  let pairs = 0;
  try {
    for await (const block of readBlocks(source, reader, log)) {
      for (const pair of block) {
        pairs++;
        yield pair;
      }
    }
  } finally {
    if (log.bad > 0) onNotice?.(`${fileName}: skipped ${log.describeBad()}`);
    const hint = reader.hint?.();
    if (hint !== undefined) onNotice?.(`${fileName}: ${hint}`);
  }
  if (pairs > 0) return;
  if (log.row === 0) throw new TunebertError(`${fileName} is empty; expected one pair of texts a row`);
  throw new TunebertError(
    log.bad > 0
      ? `${fileName} holds no pairs, only ${log.describeBad()}`
      : `${fileName} holds no pairs, only a header or blank rows; expected one pair a row`,
  );
}
