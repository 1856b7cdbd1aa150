import * as json from "../json-reader.js";
import { type Packed, pack, specialTokens, type Template } from "../pack.js";
import type { Texts } from "../text-example.js";
import type { Tokenizer } from "../tokenizer.js";
import { type TruncationName, truncationsOfRust } from "../truncate-pair.js";
import { readAddedTokens } from "./added-tokens.js";
import { readNormalizer } from "./normalizer.js";
import { pipeline } from "./pipeline.js";
import { readPostProcessor } from "./post-processor.js";
import { readPreTokenizer } from "./pre-tokenizer.js";
import { remembered } from "./remembered.js";
import { readSubwordModel } from "./subword-model.js";
import { maskOf, readable, type TokenNames, tokenNames } from "./token-names.js";
import { sizeOf, TOKENIZER_JSON } from "./tokenizer-json.js";

/**
 * Byte-pair encoding, as RoBERTa has it, and Unigram, as XLM-RoBERTa has it, by the `tokenizer.json` of Hugging Face's
 * `tokenizers`, whose ids it gives. The models are the library's; what is done before and behind them is done here, since its
 * JavaScript differs from its Rust in whitespace, in capital sigmas and in the precompiled maps of SentencePiece.
 *
 * @example
 * const model = { type: "BPE", vocab: { "<s>": 0, "</s>": 1, o: 2, t: 3, ot: 4 }, merges: ["o t"] };
 * const post_processor = { type: "RobertaProcessing", cls: ["<s>", 0], sep: ["</s>", 1] };
 * const tokenizer = SubwordTokenizer.parse(JSON.stringify({ model, post_processor }), "tokenizer.json");
 * console.log(tokenizer.ids("otto")); // [ 4, 3, 2 ]
 */
export class SubwordTokenizer implements Tokenizer {
  readonly size: number;
  readonly unknown: number | undefined;
  readonly mask: number | undefined;
  readonly #vocabulary: ReadonlyMap<string, number>;
  readonly #name: TokenNames;
  readonly #json: string;
  readonly #template: Template;
  readonly #encode: (text: string) => number[];

  private constructor(read: ReturnType<typeof readTokenizer>, text: string) {
    const { model, normalizer, pre_tokenizer, post_processor, added_tokens } = read;
    this.size = sizeOf([...model.vocabulary.values(), ...added_tokens.map(({ id }) => id)]);
    this.unknown = model.unknown;
    this.mask = maskOf(model.vocabulary, added_tokens);
    this.#vocabulary = model.vocabulary;
    this.#name = tokenNames(model.vocabulary, added_tokens);
    this.#json = text;
    this.#template = post_processor;
    this.#encode = pipeline({
      addedTokens: added_tokens,
      normalise: normalizer,
      split: pre_tokenizer,
      pieces: remembered((word) => model.ids(word)),
    });
  }

  /** Reads a `tokenizer.json`. @throws TunebertError, with `fileName`, when it is damaged, or has a part that is not known */
  static parse(text: string, fileName: string): SubwordTokenizer {
    return json.parseJson(text, fileName, (value, place) => {
      const read = readTokenizer(value, place);
      // A truncation or padding that is kept in the file is of no account.
      const kept = { ...(value as object), truncation: null, padding: null };
      return new SubwordTokenizer(read, `${JSON.stringify(kept)}\n`);
    });
  }

  ids(text: string): number[] {
    return this.#encode(text);
  }

  token(id: number): string {
    return readable(this.#name(id), this.#vocabulary);
  }

  specialTokens(texts: Texts): number {
    return specialTokens(this.#template, texts);
  }

  /** The special tokens stand where `post_processor` says: of RoBERTa `<s> first </s>`, and `</s> second </s>` behind it. */
  pack(
    first: readonly number[],
    second: readonly number[] | undefined,
    maxLength: number,
    how: TruncationName,
  ): Packed {
    return pack(first, second, this.#template, maxLength, truncationsOfRust[how]);
  }

  /** `tokenizer.json`, as it came but for a truncation and a padding. */
  files(): Readonly<Record<string, string>> {
    return { [TOKENIZER_JSON]: this.#json };
  }
}

const readTokenizer = json.object({
  model: readSubwordModel,
  normalizer: readNormalizer,
  pre_tokenizer: readPreTokenizer,
  post_processor: readPostProcessor,
  added_tokens: readAddedTokens,
});
