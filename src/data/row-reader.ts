import type { TextPair } from "./text-pair.js";

/** Reads the pairs of one file format, block by block. */
export interface RowReader {
  /** Rows read so far, header and blank rows included. */
  readonly rows: number;
  /** The pairs of the next block, which holds whole rows. */
  read(block: string): Iterable<TextPair>;
}

/** The lines of a block without their ends, LF or CRLF. */
export function* lines(block: string): Generator<string> {
  let start = 0;
  while (start < block.length) {
    const newline = block.indexOf("\n", start);
    const end = newline < 0 ? block.length : newline;
    yield block.slice(start, block[end - 1] === "\r" && end > start ? end - 1 : end);
    start = end + 1;
  }
}
