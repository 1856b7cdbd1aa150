import type { Packed } from "./pack.js";
import type { Texts } from "./text-example.js";
import type { TruncationName } from "./truncate-pair.js";

/** Turns texts into what a BERT reads: its words are {@link WordTokenizer}'s, or others'. */
export interface Tokenizer {
  /** Number of tokens that it knows; ids are below it. */
  readonly size: number;
  /** The id of what it does not know; `undefined` where it knows everything. */
  readonly unknown?: number | undefined;
  /** The id of what stands for a token that is not shown; `undefined` where there is none. */
  readonly mask?: number | undefined;
  /** The ids of a text's tokens, without special ones. */
  ids(text: string): number[];
  /** A token as people read it, behind a space where a word begins; what is no text alone shows as `�`. */
  token(id: number): string;
  /** How many tokens packing adds to so many texts. */
  specialTokens(texts: Texts): number;
  /**
   * One BERT input of the ids of a text, or of two.
   * @param maxLength the most ids it may have, special ones included
   * @param how what goes from a pair that does not fit
   */
  pack(
    first: readonly number[],
    second: readonly number[] | undefined,
    maxLength: number,
    how: TruncationName,
  ): Packed;
  /** What a model's folder keeps of it: the text of each file by its name. */
  files(): Readonly<Record<string, string>>;
}
