import type { ByteSource } from "./byte-source.js";
import { readBlocks } from "./read-blocks.js";
import { endOfLine, endOfLines } from "./row-ends.js";
import { RowLog } from "./row-log.js";
import { lines, type RowReader } from "./row-reader.js";
import type { TextPair } from "./text-pair.js";

/**
 * Reads pairs one a line, without a header and without labels: two texts with a tab between them. Blank lines are
 * passed over, and there may be no pairs at all.
 * @throws TunebertError, with the row, when a line has not exactly one tab or is not UTF-8
 */
export async function* readPairLines(
  source: ByteSource,
  { fileName }: { readonly fileName: string },
): AsyncGenerator<TextPair> {
  const log = new RowLog(fileName);
  for await (const block of readBlocks(source, new PairLineReader(log), log)) {
    for (const pair of block) yield pair;
  }
}

class PairLineReader implements RowReader {
  readonly #log: RowLog;

  constructor(log: RowLog) {
    this.#log = log;
  }

  endOfRows(bytes: Uint8Array): number {
    return endOfLines(bytes);
  }

  endOfRow(bytes: Uint8Array): number {
    return endOfLine(bytes);
  }

  *read(block: string): Generator<TextPair> {
    for (const line of lines(block)) {
      this.#log.row++;
      const texts = line.split("\t");
      if (texts.length === 1 && line.trim() === "") continue;
      if (texts.length !== 2) {
        this.#log.badRow(
          `expected two texts with a tab between them, found ${texts.length - 1} tabs`,
          "give one pair a line",
        );
      }
      const [premise, hypothesis] = texts as [string, string];
      yield { premise, hypothesis, label: undefined, fileName: this.#log.fileName, row: this.#log.row };
    }
  }
}
