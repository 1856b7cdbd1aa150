import type { TunebertError } from "../error.js";
import type { TextExample, Texts } from "../text/text-example.js";
import type { ByteSource } from "./byte-source.js";
import { readBlocks } from "./read-blocks.js";
import { endOfLine, endOfLines } from "./row-ends.js";
import { RowLog } from "./row-log.js";
import { lines, type RowReader } from "./row-reader.js";

/** What a file of lines is, and how many texts a line has. */
export interface ReadExampleLinesOptions {
  readonly fileName: string;
  readonly texts: Texts;
  /** Is told of each line that cannot be read, and the rest is read; default: the first one is an error. */
  readonly onBadRow?: ((error: TunebertError) => void) | undefined;
}

/**
 * Reads examples one a line, without a header and without labels: a text, or two with a tab between them. Blank lines
 * are passed over, and there may be no examples at all. What has come is given at once, several together where they came
 * together.
 * @throws TunebertError, with the row, when a line has not as many tabs as it should or is not UTF-8
 */
export async function* readExampleLines(
  source: ByteSource,
  { fileName, texts, onBadRow }: ReadExampleLinesOptions,
): AsyncGenerator<TextExample[]> {
  const log = new RowLog(fileName, onBadRow);
  for await (const block of readBlocks(source, new ExampleLineReader(log, texts), log)) {
    const examples = [...block];
    if (examples.length > 0) yield examples;
  }
}

class ExampleLineReader implements RowReader {
  readonly #log: RowLog;
  readonly #texts: Texts;

  constructor(log: RowLog, texts: Texts) {
    this.#log = log;
    this.#texts = texts;
  }

  endOfRows(bytes: Uint8Array): number {
    return endOfLines(bytes);
  }

  endOfRow(bytes: Uint8Array): number {
    return endOfLine(bytes);
  }

  *read(block: string): Generator<TextExample> {
    for (const line of lines(block)) {
      this.#log.row++;
      const texts = line.split("\t");
      if (texts.length === 1 && line.trim() === "") continue;
      if (texts.length !== this.#texts) {
        const [expected, remedy] =
          this.#texts === 1
            ? ["one text without a tab", "give one text a line"]
            : ["two texts with a tab between them", "give one pair a line"];
        this.#log.badRow(`expected ${expected}, found ${counted(texts.length - 1)}`, remedy);
        continue;
      }
      const [text, textPair] = texts as [string, string?];
      yield { text, textPair, fileName: this.#log.fileName, row: this.#log.row };
    }
  }
}

function counted(tabs: number): string {
  return `${tabs} ${tabs === 1 ? "tab" : "tabs"}`;
}
