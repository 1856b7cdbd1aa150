import { TunebertError } from "../../error.js";
import { bertTemplate, type Packed, pack, specialTokens, type Template } from "../pack.js";
import type { Texts } from "../text-example.js";
import type { Tokenizer } from "../tokenizer.js";
import { type TruncationName, truncationsOfRust } from "../truncate-pair.js";
import { bertWords, normaliseForBert } from "./bert-words.js";
import { pipeline } from "./pipeline.js";
import { remembered } from "./remembered.js";
import { maskOf, type TokenNames, tokenNames } from "./token-names.js";
import {
  formatTokenizerJson,
  parseTokenizerJson,
  sizeOf,
  TOKENIZER_JSON,
  type WordPieceOptions,
} from "./tokenizer-json.js";

/**
 * WordPiece (Devlin et al., 2019): words are cut into the longest pieces that the vocabulary has, from left to right; ids
 * are those of Hugging Face's `tokenizers`.
 *
 * @example
 * const vocabulary = ["[UNK]", "[CLS]", "[SEP]", "play", "##ing"].map((token, id) => [token, id] as const);
 * const tokenizer = WordPieceTokenizer.of(new Map(vocabulary));
 * console.log(tokenizer.ids("Playing")); // [ 3, 4 ]
 */
export class WordPieceTokenizer implements Tokenizer {
  readonly size: number;
  readonly unknown: number;
  readonly mask: number | undefined;
  readonly #name: TokenNames;
  readonly #options: WordPieceOptions;
  readonly #template: Template;
  readonly #encode: (text: string) => number[];

  /** @throws TunebertError when the vocabulary lacks a special token */
  constructor(options: WordPieceOptions) {
    const { vocabulary, addedTokens, normalizer } = options;
    this.#options = options;
    this.unknown = idOf(options.unk, options);
    this.#name = tokenNames(vocabulary, addedTokens);
    this.mask = maskOf(vocabulary, addedTokens);
    this.#template = bertTemplate({ cls: idOf(options.cls, options), sep: idOf(options.sep, options) });
    this.size = sizeOf([...vocabulary.values(), ...addedTokens.map(({ id }) => id)]);
    this.#encode = pipeline({
      addedTokens,
      normalise: (text) => normaliseForBert(text, normalizer),
      split: bertWords,
      pieces: remembered((word) => this.#cut(word)),
    });
  }

  /** The tokenizer of an uncased BERT, or a cased one, with such a vocabulary. @throws as the constructor */
  static of(
    vocabulary: ReadonlyMap<string, number>,
    { lowercase = true }: { readonly lowercase?: boolean } = {},
  ): WordPieceTokenizer {
    const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    return new WordPieceTokenizer({
      vocabulary,
      normalizer: { cleanText: true, handleChineseChars: true, stripAccents: lowercase, lowercase },
      addedTokens: special.flatMap((content) => {
        const id = vocabulary.get(content);
        return id === undefined ? [] : { content, id, normalized: false, lstrip: false, rstrip: false };
      }),
      ...{ unk: "[UNK]", cls: "[CLS]", sep: "[SEP]", continuation: "##", longestWord: 100 },
    });
  }

  /** Reads a `tokenizer.json`. @throws TunebertError, with `fileName`, when it is not one of WordPiece */
  static parse(json: string, fileName: string): WordPieceTokenizer {
    const options = parseTokenizerJson(json, fileName);
    try {
      return new WordPieceTokenizer(options);
    } catch (error) {
      throw error instanceof TunebertError ? error.wrap(`${fileName}: `) : error;
    }
  }

  /** The ids of a text's pieces. */
  ids(text: string): number[] {
    return this.#encode(text);
  }

  token(id: number): string {
    const name = this.#name(id);
    const { continuation } = this.#options;
    return name.startsWith(continuation) ? name.slice(continuation.length) : ` ${name}`;
  }

  specialTokens(texts: Texts): number {
    return specialTokens(this.#template, texts);
  }

  /** `[CLS] first [SEP]`, and of a pair `second [SEP]` behind it. */
  pack(
    first: readonly number[],
    second: readonly number[] | undefined,
    maxLength: number,
    how: TruncationName,
  ): Packed {
    return pack(first, second, this.#template, maxLength, truncationsOfRust[how]);
  }

  /** `tokenizer.json`, which Hugging Face's libraries read too. */
  files(): Readonly<Record<string, string>> {
    return { [TOKENIZER_JSON]: formatTokenizerJson(this.#options) };
  }

  #cut(word: string): readonly number[] {
    const { vocabulary, continuation, longestWord } = this.#options;
    const whole = vocabulary.get(word);
    const characters = Array.from(word);
    if (characters.length > longestWord) return [this.unknown];
    if (whole !== undefined) return [whole];
    const ids: number[] = [];
    for (let start = 0; start < characters.length; ) {
      let end = characters.length;
      let id: number | undefined;
      for (; end > start; end--) {
        const piece = characters.slice(start, end).join("");
        id = vocabulary.get(start === 0 ? piece : continuation + piece);
        if (id !== undefined) break;
      }
      if (id === undefined) return [this.unknown];
      ids.push(id);
      start = end;
    }
    return ids;
  }
}

function idOf(token: string, { vocabulary, addedTokens }: WordPieceOptions): number {
  const id = vocabulary.get(token) ?? addedTokens.find(({ content }) => content === token)?.id;
  if (id === undefined) throw new TunebertError(`the vocabulary lacks the special token ${token}`);
  return id;
}
