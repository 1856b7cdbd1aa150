import { TunebertError } from "../error.js";
import { bertWords, normaliseForBert } from "./bert-words.js";
import { type Packed, pack } from "./pack.js";
import type { Tokenizer } from "./tokenizer.js";
import {
  type AddedToken,
  formatTokenizerJson,
  parseTokenizerJson,
  TOKENIZER_JSON,
  type WordPieceOptions,
} from "./tokenizer-json.js";
import { longestFirstOfRust, type TruncationName, truncations } from "./truncate-pair.js";

/** Words whose pieces are remembered. */
const REMEMBERED = 100_000;

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
  readonly #options: WordPieceOptions;
  readonly #special: { readonly cls: number; readonly sep: number };
  readonly #added: { readonly raw: AddedTokens | undefined; readonly normalised: AddedTokens | undefined };
  readonly #remembered = new Map<string, readonly number[]>();

  /** @throws TunebertError when the vocabulary lacks a special token */
  constructor(options: WordPieceOptions) {
    const { vocabulary, addedTokens, normalizer } = options;
    this.#options = options;
    this.unknown = idOf(options.unk, options);
    this.#special = { cls: idOf(options.cls, options), sep: idOf(options.sep, options) };
    this.size =
      1 + [...vocabulary.values(), ...addedTokens.map(({ id }) => id)].reduce((a, b) => Math.max(a, b), 0);
    const [normalised, raw] = [true, false].map((kind) =>
      addedTokens.filter((one) => one.normalized === kind),
    );
    this.#added = {
      raw: AddedTokens.of(raw ?? [], (content) => content),
      normalised: AddedTokens.of(normalised ?? [], (content) => normaliseForBert(content, normalizer)),
    };
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
        return id === undefined ? [] : { content, id, normalized: false };
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
    const ids: number[] = [];
    const { raw, normalised } = this.#added;
    for (const part of raw ? raw.split(text) : [text]) {
      if (typeof part === "number") {
        ids.push(part);
        continue;
      }
      const known = normaliseForBert(part, this.#options.normalizer);
      for (const piece of normalised ? normalised.split(known) : [known]) {
        if (typeof piece === "number") ids.push(piece);
        else for (const word of bertWords(piece)) for (const id of this.#pieces(word)) ids.push(id);
      }
    }
    return ids;
  }

  /** `[CLS] first [SEP]`, and of a pair `second [SEP]` behind it. */
  pack(
    first: readonly number[],
    second: readonly number[] | undefined,
    maxLength: number,
    how: TruncationName,
  ): Packed {
    const truncate = how === "longest-first" ? longestFirstOfRust : truncations[how];
    return pack(first, second, this.#special, maxLength, truncate);
  }

  /** `tokenizer.json`, which Hugging Face's libraries read too. */
  files(): Readonly<Record<string, string>> {
    return { [TOKENIZER_JSON]: formatTokenizerJson(this.#options) };
  }

  #pieces(word: string): readonly number[] {
    const known = this.#remembered.get(word);
    if (known) return known;
    const pieces = this.#cut(word);
    if (this.#remembered.size >= REMEMBERED) this.#remembered.clear();
    this.#remembered.set(word, pieces);
    return pieces;
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

/** Tokens that are found in texts as they are; of several that begin at one place the longest. */
class AddedTokens {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #pattern: RegExp;

  private constructor(ids: ReadonlyMap<string, number>) {
    this.#ids = ids;
    const longestFirst = [...ids.keys()].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp(
      longestFirst.map((content) => content.replace(/[^\w\s]/gu, "\\$&")).join("|"),
      "g",
    );
  }

  static of(tokens: readonly AddedToken[], written: (content: string) => string): AddedTokens | undefined {
    const ids = new Map(tokens.map(({ content, id }) => [written(content), id]));
    ids.delete("");
    return ids.size === 0 ? undefined : new AddedTokens(ids);
  }

  /** The ids of these tokens, and the text between them. */
  split(text: string): readonly (string | number)[] {
    const parts: (string | number)[] = [];
    let end = 0;
    for (const { 0: content, index } of text.matchAll(this.#pattern)) {
      if (index > end) parts.push(text.slice(end, index));
      parts.push(this.#ids.get(content)!);
      end = index + content.length;
    }
    if (end < text.length) parts.push(text.slice(end));
    return parts;
  }
}

function idOf(token: string, { vocabulary, addedTokens }: WordPieceOptions): number {
  const id = vocabulary.get(token) ?? addedTokens.find(({ content }) => content === token)?.id;
  if (id === undefined) throw new TunebertError(`the vocabulary lacks the special token ${token}`);
  return id;
}
