import { TunebertError } from "../error.js";
import { type ByteSource, joinPieces, piecesOf } from "./byte-source.js";

/** No row of text is longer; a file without line ends, or with a quote left open, must not fill the memory. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** Shorter ones are given as soon as they are there, however small their pieces. */
const LONG_RECORD_BYTES = 16 * 1024;

/**
 * Cuts a byte stream into blocks of whole records, however the stream itself was cut. As a record ends with an
 * ASCII character, no block ends inside a character.
 * @param endOfRecords the number of leading bytes that are whole records, 0 when not even one is
 * @throws TunebertError when a record does not end within 16 MiB
 */
export async function* recordBlocks(
  source: ByteSource,
  endOfRecords: (bytes: Uint8Array) => number,
  fileName: string,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let size = 0;
  let sizeToTry = 1;
  for await (const piece of piecesOf(source, fileName)) {
    parts.push(piece);
    size += piece.length;
    if (size < sizeToTry) continue;
    const bytes = joinPieces(parts);
    const end = endOfRecords(bytes);
    if (end === 0) requireShortRecord(size, fileName);
    else yield bytes.subarray(0, end);
    parts = [bytes.subarray(end)];
    size -= end;
    // Doubling keeps the work linear when one long record comes in many pieces.
    const isLong = end === 0 && size >= LONG_RECORD_BYTES;
    sizeToTry = isLong ? Math.min(2 * size, MAX_RECORD_BYTES + 1) : 1;
  }
  if (size > 0) yield joinPieces(parts);
}

function requireShortRecord(size: number, fileName: string): void {
  if (size <= MAX_RECORD_BYTES) return;
  throw new TunebertError(
    `${fileName}: a row does not end within ${MAX_RECORD_BYTES} bytes; expected text with one example a row ` +
      "(in CSV, look for a quote that is never closed)",
  );
}
