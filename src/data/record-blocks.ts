import { TunebertError } from "../error.js";

/** A file's bytes: whole, or piece by piece as Node's and the browser's streams give them. */
export type ByteSource = Uint8Array | AsyncIterable<Uint8Array>;

/** Pieces in which a file in memory is read: the work per piece is small beside the work per row. */
const PIECE_BYTES = 64 * 1024;

/** No row of text is longer; a file without line ends, or with a quote left open, must not fill the memory. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024;

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
  for await (const chunk of chunks(source)) {
    requireBytes(chunk, fileName);
    parts.push(chunk);
    size += chunk.length;
    if (size < sizeToTry) continue;
    const bytes = concatenate(parts, size);
    const end = endOfRecords(bytes);
    if (end === 0) requireShortRecord(size, fileName);
    else yield bytes.subarray(0, end);
    parts = [bytes.subarray(end)];
    size -= end;
    // Doubling keeps the work linear when one record comes in many pieces.
    sizeToTry = end === 0 ? 2 * size : 1;
  }
  if (size > 0) yield concatenate(parts, size);
}

/** For formats in which a record is a line. */
export function endOfLines(bytes: Uint8Array): number {
  return bytes.lastIndexOf(NEWLINE) + 1;
}

/** For CSV, where a line end between quotes belongs to the field. */
export function endOfCsvRecords(bytes: Uint8Array): number {
  let quoted = false;
  let end = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) quoted = !quoted;
    else if (byte === NEWLINE && !quoted) end = i + 1;
  }
  return end;
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;

async function* chunks(source: ByteSource): AsyncGenerator<Uint8Array> {
  if (!(source instanceof Uint8Array)) {
    yield* source;
    return;
  }
  for (let start = 0; start < source.length; start += PIECE_BYTES) {
    yield source.subarray(start, start + PIECE_BYTES);
  }
}

function requireBytes(chunk: unknown, fileName: string): void {
  if (chunk instanceof Uint8Array) return;
  throw new TunebertError(
    `${fileName}: the stream gives a ${typeof chunk} where bytes were expected; open it without an encoding`,
  );
}

function requireShortRecord(size: number, fileName: string): void {
  if (size <= MAX_RECORD_BYTES) return;
  throw new TunebertError(
    `${fileName}: a row does not end within ${MAX_RECORD_BYTES} bytes; expected text with one pair a row ` +
      "(in CSV, look for a quote that is never closed)",
  );
}

function concatenate(parts: readonly Uint8Array[], size: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(size);
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}
