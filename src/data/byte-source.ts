import { concatenate } from "../concatenate.js";
import { TunebertError } from "../error.js";

/** A file's bytes: whole, or piece by piece as Node's and the browser's streams give them. */
export type ByteSource = Uint8Array | AsyncIterable<Uint8Array>;

/** Pieces in which a file in memory is read: the work per piece is small beside the work per row. */
const PIECE_BYTES = 64 * 1024;

/** The bytes of a source, piece by piece. @throws TunebertError when a stream gives something else */
export async function* piecesOf(source: ByteSource, fileName: string): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) {
    for (let start = 0; start < source.length; start += PIECE_BYTES) {
      yield source.subarray(start, start + PIECE_BYTES);
    }
    return;
  }
  for await (const piece of source) {
    requireBytes(piece, fileName);
    yield piece;
  }
}

/** The pieces one after the other: the one that there is, or all in new memory. */
export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? pieces[0]! : concatenate(pieces);
}

function requireBytes(piece: unknown, fileName: string): void {
  if (piece instanceof Uint8Array) return;
  throw new TunebertError(
    `${fileName}: the stream gives a ${typeof piece} where bytes were expected; open it without an encoding`,
  );
}
