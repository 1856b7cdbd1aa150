import * as json from "./json-reader.js";
import { bertTemplate, type Packed, pack, specialTokens, type Template } from "./pack.js";
import type { Texts } from "./text-example.js";
import { tokenize, WORDS, type Words } from "./tokenize.js";
import type { Tokenizer } from "./tokenizer.js";
import { type TruncationName, truncations } from "./truncate-pair.js";
import { Vocabulary } from "./vocabulary.js";

/** The file that holds a vocabulary: d2l's name for it. */
export const VOCABULARY_FILE = "vocab.json";
/** The file that says what a word is; without it words are the book's. */
export const TOKENIZER_FILE = "tokenizer_config.json";

/**
 * The tokens of d2l's BERT (section 16.7): lower-case words, those that a vocabulary lists; every other word is `<unk>`.
 * Words stand between whitespace, or else punctuation is set apart from them too.
 *
 * @example
 * const tokenizer = new WordTokenizer(Vocabulary.build([["a", 2], ["dog", 1]], 1));
 * console.log(tokenizer.ids("A dog").map((id) => tokenizer.vocabulary.token(id))); // [ 'a', 'dog' ]
 */
export class WordTokenizer implements Tokenizer {
  readonly vocabulary: Vocabulary;
  /** What a word is. */
  readonly words: Words;
  readonly #template: Template;

  /**
   * The tokenizer of a vocabulary, which lists the words that it knows.
   * @param words what a word is; default: the book's
   */
  constructor(vocabulary: Vocabulary, words: Words = "book") {
    this.vocabulary = vocabulary;
    this.words = words;
    this.#template = bertTemplate(vocabulary);
  }

  /** Reads a `vocab.json`. @throws TunebertError as {@link Vocabulary.parse} */
  static parse(json: string, fileName: string, words: Words = "book"): WordTokenizer {
    return new WordTokenizer(Vocabulary.parse(json, fileName), words);
  }

  /** Number of tokens that it knows. */
  get size(): number {
    return this.vocabulary.size;
  }

  /** The ids of a text's words. */
  ids(text: string): number[] {
    return tokenize(text, this.words).map((token) => this.vocabulary.id(token));
  }

  specialTokens(texts: Texts): number {
    return specialTokens(this.#template, texts);
  }

  /** `<cls> first <sep>`, and of a pair `second <sep>` behind it. */
  pack(
    first: readonly number[],
    second: readonly number[] | undefined,
    maxLength: number,
    how: TruncationName,
  ): Packed {
    return pack(first, second, this.#template, maxLength, truncations[how]);
  }

  /** The id of every word that it does not know. */
  get unknown(): number {
    return this.vocabulary.unk;
  }

  get mask(): number | undefined {
    return this.vocabulary.mask;
  }

  token(id: number): string {
    return ` ${this.vocabulary.token(id)}`;
  }

  /** `vocab.json`, and where words are not the book's `tokenizer_config.json`. */
  files(): Readonly<Record<string, string>> {
    const vocabulary = { [VOCABULARY_FILE]: JSON.stringify(this.vocabulary) };
    return this.words === "book" ? vocabulary : { ...vocabulary, [TOKENIZER_FILE]: formatWords(this.words) };
  }
}

function formatWords(words: Words): string {
  return `${JSON.stringify({ words }, null, 2)}\n`;
}

/** Reads a `tokenizer_config.json`. @throws TunebertError, with `fileName`, when it does not say what a word is */
export function parseWords(text: string, fileName: string): Words {
  return json.parseJson(text, fileName, json.object({ words: readWords })).words;
}

const readWords: json.JsonReader<Words> = (value, place) => {
  const known = WORDS.find((words) => words === value);
  if (known === undefined) throw json.fault(value, place, WORDS.join(" or "));
  return known;
};
