import { TunebertError } from "../error.js";
import type { ByteSource } from "./byte-source.js";
import { decodeUtf8 } from "./decode-utf8.js";
import { recordBlocks } from "./record-blocks.js";
import { endOfLine, endOfLines } from "./row-ends.js";
import { lines } from "./row-reader.js";
import { utf8Bytes } from "./utf8-bytes.js";

/**
 * How a file of plain text says which sentences belong together: `sentences`, one a line, paragraphs with blank lines between
 * them; `wikitext`, a paragraph a line, in which ` . ` ends a sentence (WikiText's tokens, Merity et al., 2017); `groups`, a
 * line of sentences with tabs between them.
 */
export type TextFormat = "sentences" | "wikitext" | "groups";

/** All of them. */
export const TEXT_FORMATS: readonly TextFormat[] = ["sentences", "wikitext", "groups"];

/** What a file of plain text is. */
export interface ReadSentencesOptions {
  /** For errors. */
  readonly fileName: string;
  /** Default: what its first lines look like. */
  readonly format?: TextFormat | undefined;
  /** Is told, before the first sentence, which it is. */
  readonly onFormat?: ((format: TextFormat) => void) | undefined;
}

/**
 * Reads sentences that follow one another, a paragraph or a group at a time. Sentences without a word are left out, and the
 * headings of WikiText.
 * @throws TunebertError when the file is no text in UTF-8
 * @example
 * const text = new TextEncoder().encode("a dog runs .\nit barks .\n\na cat sleeps .\n");
 * for await (const paragraph of readSentences(text, { fileName: "pets.txt" })) console.log(paragraph.length); // 2, then 1
 */
export async function* readSentences(
  source: ByteSource,
  { fileName, format: given, onFormat }: ReadSentencesOptions,
): AsyncGenerator<string[]> {
  let format = given;
  let paragraph: string[] = [];
  let line = 0;
  for await (const bytes of recordBlocks(utf8Bytes(source, fileName), endOfLines, fileName)) {
    const block = decodeUtf8(bytes);
    if (block === undefined) throw notUtf8(fileName, line + linesBeforeBad(bytes) + 1);
    if (line === 0) {
      format ??= formatOf(block);
      onFormat?.(format);
    }
    for (const text of lines(block)) {
      line++;
      if (format === "sentences") {
        if (text.trim() !== "") paragraph.push(text.trim());
        if (text.trim() !== "" && paragraph.length < LONGEST_PARAGRAPH) continue;
      } else paragraph = format === "groups" ? withWords(text.split("\t")) : wikiSentences(text);
      if (paragraph.length > 0) yield paragraph;
      paragraph = [];
    }
  }
  if (paragraph.length > 0) yield paragraph;
}

/** Sentences that are held together at most: a file may have no blank line. */
const LONGEST_PARAGRAPH = 10_000;

const HEADING = /^\s*=\s.*\s=\s*$/;

function formatOf(block: string): TextFormat {
  let isTabbed = false;
  for (const text of lines(block)) {
    if (HEADING.test(text)) return "wikitext";
    isTabbed ||= text.includes("\t");
  }
  return isTabbed ? "groups" : "sentences";
}

/** d2l's `_read_wiki` (section 15.9), which passes over paragraphs of one sentence. */
function wikiSentences(text: string): string[] {
  if (HEADING.test(text)) return [];
  const sentences = text.trim().split(" . ");
  return sentences.length < 2 ? [] : withWords(sentences);
}

function withWords(sentences: readonly string[]): string[] {
  return sentences.map((sentence) => sentence.trim()).filter((sentence) => sentence !== "");
}

/** How many lines of a block are UTF-8 before the first that is not. */
function linesBeforeBad(bytes: Uint8Array): number {
  let count = 0;
  for (let start = 0; start < bytes.length; count++) {
    const end = start + endOfLine(bytes.subarray(start));
    if (decodeUtf8(bytes.subarray(start, end)) === undefined) break;
    start = end;
  }
  return count;
}

function notUtf8(fileName: string, line: number): TunebertError {
  return new TunebertError(`${fileName}, line ${line}: not valid UTF-8; save the file as UTF-8`);
}
