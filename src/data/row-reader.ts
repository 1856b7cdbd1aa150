import type { TextExample } from "../text/text-example.js";

/** Reads the examples of one file format, block by block, and keeps a log of its rows. */
export interface RowReader {
  /** The number of leading bytes that are whole rows, 0 when not even one is. */
  endOfRows(bytes: Uint8Array): number;
  /** The end of the first row, or of the bytes. */
  endOfRow(bytes: Uint8Array): number;
  /** The examples of the next block, which holds whole rows. */
  read(block: string): Iterable<TextExample>;
  /** Is told that nothing follows. @throws TunebertError when something should have */
  end?(): void;
  /** Whether the file has the layout of SNLI, known when the first example has been read. */
  readonly isSnli?: boolean;
  /** What may not be as it was meant, known when the file has been read. */
  hint?(): string | undefined;
}

/** The lines of a block without their ends: LF, CR LF, CR CR LF or CR. */
export function* lines(block: string): Generator<string> {
  const text = block.includes("\r") ? block.replace(/\r\r?\n|\r/g, "\n") : block;
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    yield text.slice(start, end);
    start = end + 1;
  }
}
