import { bertTemplate, type Packed, pack, specialTokens } from "./pack.js";
import type { Texts } from "./text-example.js";
import { tokenize, type Words } from "./tokenize.js";
import type { Tokenizer } from "./tokenizer.js";
import { type TruncationName, truncations } from "./truncate-pair.js";
import { SPECIAL_TOKENS, Vocabulary } from "./vocabulary.js";

/** Of the provisional ids of the special tokens. */
const TEMPLATE = bertTemplate({ cls: SPECIAL_TOKENS.indexOf("<cls>"), sep: SPECIAL_TOKENS.indexOf("<sep>") });

/**
 * Counts words and numbers them as they come, so that a text can be encoded in the same pass that finds its
 * vocabulary: encode with these provisional ids, then replace them by {@link finish}'s.
 */
export class TokenCounter implements Pick<Tokenizer, "ids" | "specialTokens" | "pack"> {
  readonly #ids = new Map<string, number>(SPECIAL_TOKENS.map((token, id) => [token, id]));
  readonly #words: Words;
  /** By provisional id; each id that there is has one. */
  readonly #counts: number[] = SPECIAL_TOKENS.map(() => 0);

  /** @param words what a word is */
  constructor(words: Words) {
    this.#words = words;
  }

  /** Counts the words of a text and returns their provisional ids. */
  ids(text: string): number[] {
    return tokenize(text, this.#words).map((token) => this.#count(token));
  }

  specialTokens(texts: Texts): number {
    return specialTokens(TEMPLATE, texts);
  }

  /** As {@link WordTokenizer.pack}, with provisional ids. */
  pack(
    first: readonly number[],
    second: readonly number[] | undefined,
    maxLength: number,
    how: TruncationName,
  ): Packed {
    return pack(first, second, TEMPLATE, maxLength, truncations[how]);
  }

  /** Takes back one occurrence of each of these provisional ids. */
  forget(ids: Int32Array): void {
    for (const id of ids) this.#counts[id]!--;
  }

  /**
   * The vocabulary of everything counted, and the final id of each provisional one; tokens seen fewer than
   * `minFrequency` times become `<unk>`.
   */
  finish(minFrequency: number): { vocabulary: Vocabulary; finalIds: Int32Array } {
    const counts = [...this.#ids].map(([token, id]): [string, number] => [token, this.#counts[id]!]);
    const vocabulary = Vocabulary.build(counts, minFrequency);
    return { vocabulary, finalIds: Int32Array.from(counts, ([token]) => vocabulary.id(token)) };
  }

  #count(token: string): number {
    const known = this.#ids.get(token);
    if (known !== undefined) {
      this.#counts[known]!++;
      return known;
    }
    this.#ids.set(detach(token), this.#counts.length);
    return this.#counts.push(1) - 1;
  }
}

/** Copies a token: engines cut a slice as a view, and a kept view would keep the whole text behind it alive. */
function detach(token: string): string {
  return ` ${token}`.slice(1);
}
