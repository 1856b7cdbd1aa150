import type { TextExample } from "../text/text-example.js";
import type { ByteSource } from "./byte-source.js";
import { decodeUtf8 } from "./decode-utf8.js";
import { recordBlocks } from "./record-blocks.js";
import type { RowLog } from "./row-log.js";
import type { RowReader } from "./row-reader.js";
import { utf8Bytes } from "./utf8-bytes.js";

/**
 * The examples that a reader finds in the text of a source, block by block; memory holds one block of rows at a time.
 * @throws TunebertError when the source is no text, a row does not end, or as the reader and the log do
 */
export async function* readBlocks(
  source: ByteSource,
  reader: RowReader,
  log: RowLog,
): AsyncGenerator<Iterable<TextExample>> {
  const { fileName } = log;
  const endOfRows = (bytes: Uint8Array) => reader.endOfRows(bytes);
  for await (const bytes of recordBlocks(utf8Bytes(source, fileName), endOfRows, fileName)) {
    const text = decodeUtf8(bytes);
    yield text === undefined ? readEachRow(bytes, reader, log) : reader.read(text);
  }
}

/** Of a block with bytes that are not UTF-8 the rows in which they are cannot be read. */
function* readEachRow(bytes: Uint8Array, reader: RowReader, log: RowLog): Generator<TextExample> {
  let read = 0;
  for (let start = 0; start < bytes.length; ) {
    const end = start + reader.endOfRow(bytes.subarray(start));
    if (decodeUtf8(bytes.subarray(start, end)) === undefined) {
      yield* reader.read(decodeUtf8(bytes.subarray(read, start))!);
      log.row++;
      log.badRow("not valid UTF-8", "save the file as UTF-8");
      read = end;
    }
    start = end;
  }
  yield* reader.read(decodeUtf8(bytes.subarray(read))!);
}
