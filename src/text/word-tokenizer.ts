import { type Packed, pack } from "./pack.js";
import { tokenize } from "./tokenize.js";
import type { Tokenizer } from "./tokenizer.js";
import { type TruncationName, truncations } from "./truncate-pair.js";
import { Vocabulary } from "./vocabulary.js";

/** The file that holds a vocabulary: d2l's name for it. */
export const VOCABULARY_FILE = "vocab.json";

/**
 * The tokens of d2l's BERT (section 16.7): lower-case words between whitespace, those that a vocabulary lists; every
 * other word is `<unk>`.
 *
 * @example
 * const tokenizer = new WordTokenizer(Vocabulary.build([["a", 2], ["dog", 1]], 1));
 * console.log(tokenizer.ids("A dog").map((id) => tokenizer.vocabulary.token(id))); // [ 'a', 'dog' ]
 */
export class WordTokenizer implements Tokenizer {
  readonly vocabulary: Vocabulary;

  /** The tokenizer of a vocabulary, which lists the words that it knows. */
  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** Reads a `vocab.json`. @throws TunebertError as {@link Vocabulary.parse} */
  static parse(json: string, fileName: string): WordTokenizer {
    return new WordTokenizer(Vocabulary.parse(json, fileName));
  }

  /** Number of tokens that it knows. */
  get size(): number {
    return this.vocabulary.size;
  }

  /** The ids of a text's words. */
  ids(text: string): number[] {
    return tokenize(text).map((token) => this.vocabulary.id(token));
  }

  /** `<cls> first <sep>`, and of a pair `second <sep>` behind it. */
  pack(
    first: readonly number[],
    second: readonly number[] | undefined,
    maxLength: number,
    how: TruncationName,
  ): Packed {
    return pack(first, second, this.vocabulary, maxLength, truncations[how]);
  }

  /** `vocab.json`. */
  files(): Readonly<Record<string, string>> {
    return { [VOCABULARY_FILE]: JSON.stringify(this.vocabulary) };
  }
}
