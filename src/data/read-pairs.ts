import { TunebertError } from "../error.js";
import type { ColumnOptions } from "./columns.js";
import { CsvReader } from "./csv-reader.js";
import { decodeUtf8 } from "./decode-utf8.js";
import { JsonlReader } from "./jsonl-reader.js";
import { type ByteSource, endOfCsvRecords, endOfLines, recordBlocks } from "./record-blocks.js";
import type { RowReader } from "./row-reader.js";
import { SNLI_HEADER, snliTsv } from "./snli.js";
import type { TextPair } from "./text-pair.js";
import { plainTsv, TsvReader } from "./tsv-reader.js";

/** What a file of pairs is, and which of its columns hold them. */
export interface ReadPairsOptions extends ColumnOptions {
  /** Its ending tells the format: .tsv or .txt (tab-separated), .csv, .jsonl. Errors name it. */
  readonly fileName: string;
}

/**
 * Reads the pairs of a file as they are asked for; memory holds one block of rows at a time.
 *
 * A tab-separated file with the header of SNLI is read as {@link readSnli} does, unless a column is named. Any
 * other file has its pairs in named columns. A pair without a label is given with `label: undefined`.
 * @throws TunebertError, with the row, when the file is not what its name says, lacks a column, holds no pairs
 * or is not UTF-8
 * @example
 * const pairs = readPairs(streamBytes("pairs.csv"), { fileName: "pairs.csv", labelColumn: "verdict" });
 * for await (const { premise, hypothesis, label } of pairs) console.log(premise, hypothesis, label);
 */
export function readPairs(source: ByteSource, options: ReadPairsOptions): AsyncGenerator<TextPair> {
  const { fileName } = options;
  const ending = /\.[^./\\]*$/.exec(fileName)?.[0].toLowerCase();
  switch (ending) {
    case ".csv":
      return readRows(source, fileName, endOfCsvRecords, () => new CsvReader(fileName, options));
    case ".jsonl":
      return readRows(source, fileName, endOfLines, () => new JsonlReader(fileName, options));
    case ".tsv":
    case ".txt":
      return readRows(source, fileName, endOfLines, (start) => tsvReader(start, options));
    default:
      throw new TunebertError(
        `${fileName}: unknown format; expected a name that ends in .tsv or .txt (tab-separated), .csv or .jsonl`,
      );
  }
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
  return readRows(source, fileName, endOfLines, () => new TsvReader(fileName, snliTsv(fileName)));
}

async function* readRows(
  source: ByteSource,
  fileName: string,
  endOfRecords: (bytes: Uint8Array) => number,
  openReader: (start: string) => RowReader,
): AsyncGenerator<TextPair> {
  let reader: RowReader | undefined;
  let offset = 0;
  let pairs = 0;
  for await (const bytes of recordBlocks(source, endOfRecords, fileName)) {
    const text = decodeUtf8(bytes, fileName, { row: (reader?.rows ?? 0) + 1, offset });
    const block = offset === 0 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    reader ??= openReader(block);
    for (const pair of reader.read(block)) {
      pairs++;
      yield pair;
    }
    offset += bytes.length;
  }
  if (offset === 0) throw new TunebertError(`${fileName} is empty; expected one pair of texts a row`);
  if (pairs === 0) {
    throw new TunebertError(
      `${fileName} holds no pairs, only a header or blank rows; expected one pair a row`,
    );
  }
}

const BYTE_ORDER_MARK = "\ufeff";

function tsvReader(start: string, options: ReadPairsOptions): TsvReader {
  const { fileName, premiseColumn, hypothesisColumn, labelColumn } = options;
  const named = premiseColumn ?? hypothesisColumn ?? labelColumn;
  const [header] = start.split(/\r?\n/, 1);
  const isSnli = named === undefined && header === SNLI_HEADER;
  return new TsvReader(fileName, isSnli ? snliTsv(fileName) : plainTsv(fileName, options));
}
