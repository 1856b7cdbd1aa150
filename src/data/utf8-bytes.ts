import { TunebertError } from "../error.js";
import { type ByteSource, piecesOf } from "./byte-source.js";
import { gunzip } from "./gunzip.js";
import { begins, type Peeked, peek } from "./peek.js";
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
