import { joinPieces } from "./byte-source.js";

/** The first bytes of a stream, and the stream with them. */
export interface Peeked {
  readonly start: Uint8Array;
  readonly whole: AsyncGenerator<Uint8Array>;
}

/** So many tell formats and encodings apart. */
const PEEKED_BYTES = 4;

const NEWLINE = 0x0a;

/** Looks at the first bytes of a stream without taking them from it. */
export async function peek(pieces: AsyncGenerator<Uint8Array>): Promise<Peeked> {
  const taken: Uint8Array[] = [];
  for (let size = 0; size < PEEKED_BYTES; size += taken.at(-1)!.length) {
    const { done, value } = await pieces.next();
    if (done) break;
    taken.push(value);
    if (value.at(-1) === NEWLINE) break; // a short line, whose answer somebody may wait for
  }
  const start = taken.length === 0 ? new Uint8Array(0) : joinPieces(taken);
  return { start, whole: prepend(start, pieces) };
}

/** Whether bytes begin with these. */
export function begins(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

async function* prepend(start: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (start.length > 0) yield start;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
