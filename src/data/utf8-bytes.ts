import { TunebertError } from "../error.js";
import { type ByteSource, concatenate, piecesOf } from "./byte-source.js";
import { gunzip } from "./gunzip.js";
import { requireText } from "./require-text.js";

/**
 * The bytes of a text file in UTF-8, without a byte order mark. What a file is, its first bytes tell: gzip is
 * unpacked, and UTF-16 with a byte order mark is converted.
 * @throws TunebertError that names what the file is when it is no text, or text in another encoding
 */
export async function* utf8Bytes(source: ByteSource, fileName: string): AsyncGenerator<Uint8Array> {
  const { start, whole } = await peek(piecesOf(source, fileName));
  if (begins(start, [0x1f, 0x8b])) {
    const unpacked = await peek(gunzip(whole, fileName));
    if (begins(unpacked.start, [0x1f, 0x8b]))
      throw new TunebertError(`${fileName} is gzip within gzip; unpack it once`);
    yield* convert(unpacked, fileName);
  } else {
    yield* convert({ start, whole }, fileName);
  }
}

/** The first bytes of a stream, and the stream with them. */
interface Peeked {
  readonly start: Uint8Array;
  readonly whole: AsyncGenerator<Uint8Array>;
}

/** So many tell the encodings apart. */
const PEEKED_BYTES = 4;

const NEWLINE = 0x0a;

async function peek(pieces: AsyncGenerator<Uint8Array>): Promise<Peeked> {
  const taken: Uint8Array[] = [];
  for (let size = 0; size < PEEKED_BYTES; size += taken.at(-1)!.length) {
    const { done, value } = await pieces.next();
    if (done) break;
    taken.push(value);
    if (value.at(-1) === NEWLINE) break; // a short line, whose answer somebody may wait for
  }
  const start = taken.length === 0 ? new Uint8Array(0) : concatenate(taken);
  return { start, whole: prepend(start, pieces) };
}

async function* prepend(start: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (start.length > 0) yield start;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

async function* convert({ start, whole }: Peeked, fileName: string): AsyncGenerator<Uint8Array> {
  try {
    requireText(start, fileName);
    if (begins(start, [0xff, 0xfe])) yield* fromUtf16(whole, "utf-16le", fileName);
    else if (begins(start, [0xfe, 0xff])) yield* fromUtf16(whole, "utf-16be", fileName);
    else yield* withoutFirst(whole, begins(start, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0);
  } finally {
    await whole.return(undefined);
  }
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

async function* withoutFirst(pieces: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const piece of pieces) {
    if (piece.length > left) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

async function* fromUtf16(
  pieces: AsyncIterable<Uint8Array>,
  encoding: "utf-16le" | "utf-16be",
  fileName: string,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const encoder = new TextEncoder();
  const decode = (piece?: Uint8Array) => {
    try {
      return encoder.encode(decoder.decode(piece, { stream: piece !== undefined }));
    } catch (cause) {
      throw new TunebertError(
        `${fileName} begins with the byte order mark of UTF-16, but is not valid UTF-16; save it as UTF-8`,
        { cause },
      );
    }
  };
  for await (const piece of pieces) yield decode(piece);
  yield decode();
}

function begins(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}
