import { TunebertError } from "../../error.js";
import * as json from "../json-reader.js";
import { showJson } from "../show-json.js";
import { type AddedToken, readAddedTokens } from "./added-tokens.js";
import type { BertNormalizer } from "./bert-words.js";
import { readBertNormalizer } from "./normalizer.js";

/** The file of Hugging Face's `tokenizers`. */
export const TOKENIZER_JSON = "tokenizer.json";

/** What a WordPiece tokenizer is made of. */
export interface WordPieceOptions {
  /** Ids by token; of distinct ids. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly normalizer: BertNormalizer;
  readonly addedTokens: readonly AddedToken[];
  /** The special tokens. */
  readonly unk: string;
  readonly cls: string;
  readonly sep: string;
  /** What a piece that continues a word begins with: `##`. */
  readonly continuation: string;
  /** Longer words are unknown. */
  readonly longestWord: number;
}

/** More tokens than any vocabulary has. */
const MAX_TOKENS = 2 ** 22;

/**
 * Reads a `tokenizer.json` of a WordPiece tokenizer. A truncation or padding that is kept in it is of no account.
 * @throws TunebertError, with `fileName`, when it is damaged, or of a tokenizer that works otherwise
 */
export function parseTokenizerJson(text: string, fileName: string): WordPieceOptions {
  const kind = json.parseJson(text, fileName, readKind);
  expectKind(kind.model?.type, "WordPiece", "model", fileName);
  expectKind(kind.normalizer?.type, "BertNormalizer", "normalizer", fileName);
  expectKind(kind.pre_tokenizer?.type, "BertPreTokenizer", "pre_tokenizer", fileName);
  const { model, normalizer, post_processor, added_tokens } = json.parseJson(text, fileName, readWordPiece);
  const { cls, sep } = specialTokens(post_processor, fileName);
  return {
    vocabulary: vocabularyOf(model.vocab, fileName),
    normalizer,
    addedTokens: added_tokens,
    ...{ unk: model.unk_token, cls, sep },
    continuation: model.continuing_subword_prefix ?? "##",
    longestWord: model.max_input_chars_per_word ?? 100,
  };
}

/** The text of a `tokenizer.json`. */
export function formatTokenizerJson(options: WordPieceOptions): string {
  const { vocabulary, normalizer, addedTokens, unk, cls, sep, continuation, longestWord } = options;
  const special = (token: string, type_id: number) => ({ SpecialToken: { id: token, type_id } });
  const sequence = (id: "A" | "B", type_id: number) => ({ Sequence: { id, type_id } });
  const described = (token: string) => [
    token,
    {
      id: token,
      ids: [vocabulary.get(token) ?? addedTokens.find(({ content }) => content === token)?.id],
      tokens: [token],
    },
  ];
  const single = [special(cls, 0), sequence("A", 0), special(sep, 0)];
  return `${JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens.map(({ content, id, normalized }) => ({
      ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized, special: !normalized },
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: normalizer.cleanText,
      handle_chinese_chars: normalizer.handleChineseChars,
      strip_accents: normalizer.stripAccents,
      lowercase: normalizer.lowercase,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single,
      pair: [...single, sequence("B", 1), special(sep, 1)],
      special_tokens: Object.fromEntries([described(cls), described(sep)]),
    },
    decoder: { type: "WordPiece", prefix: continuation, cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: unk,
      continuing_subword_prefix: continuation,
      max_input_chars_per_word: longestWord,
      vocab: Object.fromEntries(vocabulary),
    },
  })}\n`;
}

function expectKind(found: unknown, expected: string, part: string, fileName: string): void {
  if (found === expected) return;
  throw new TunebertError(
    `${fileName}: the ${part} is ${found === undefined ? "missing" : showJson(found)}; tunebert reads WordPiece ` +
      `tokenizers as BERT has them, whose ${part} is ${expected}`,
  );
}

/** Ids by token, all different. */
function vocabularyOf(
  vocab: Readonly<Record<string, number>>,
  fileName: string,
): ReadonlyMap<string, number> {
  const vocabulary = new Map(Object.entries(vocab));
  if (new Set(vocabulary.values()).size < vocabulary.size)
    throw new TunebertError(`${fileName}: two tokens of the vocabulary have one id`);
  return vocabulary;
}

/** How many tokens such ids are of: all are below it. @throws TunebertError when that is more than any vocabulary has */
export function sizeOf(ids: readonly number[]): number {
  const size = 1 + ids.reduce((most, id) => Math.max(most, id), 0);
  if (size <= MAX_TOKENS) return size;
  throw new TunebertError(`an id of ${size - 1}; no vocabulary has more than ${MAX_TOKENS} tokens`);
}

/** Which tokens stand before and behind the texts. */
function specialTokens(
  processor: PostProcessor,
  fileName: string,
): { readonly cls: string; readonly sep: string } {
  if (processor.type === "BertProcessing" && processor.cls && processor.sep) {
    const [[cls], [sep]] = [processor.cls, processor.sep];
    if (typeof cls === "string" && typeof sep === "string") return { cls, sep };
  }
  const pair = processor.pair?.map((step) => step.SpecialToken ?? step.Sequence);
  const [cls, a, sep, b, end] = pair ?? [];
  const isBerts =
    pair?.length === 5 &&
    cls &&
    a?.id === "A" &&
    b?.id === "B" &&
    sep &&
    sep.id === end?.id &&
    end?.type_id === 1;
  if (isBerts) return { cls: cls.id, sep: sep.id };
  throw new TunebertError(
    `${fileName}: the post_processor puts texts together otherwise than BERT: [CLS] first [SEP] second [SEP]`,
  );
}

const readType = json.optional(json.nullable(json.object({ type: json.anything })));

const readKind = json.object({ model: readType, normalizer: readType, pre_tokenizer: readType });

const readStep = json.object({
  SpecialToken: json.optional(json.object({ id: json.string, type_id: json.count })),
  Sequence: json.optional(json.object({ id: json.string, type_id: json.count })),
});

const readPostProcessor = json.object({
  type: json.string,
  cls: json.optional(json.list(json.anything)),
  sep: json.optional(json.list(json.anything)),
  pair: json.optional(json.list(readStep)),
});
type PostProcessor = ReturnType<typeof readPostProcessor>;

const readWordPiece = json.object({
  model: json.object({
    vocab: json.record(json.count),
    unk_token: json.string,
    continuing_subword_prefix: json.optional(json.string),
    max_input_chars_per_word: json.optional(json.count),
  }),
  normalizer: readBertNormalizer,
  post_processor: readPostProcessor,
  added_tokens: readAddedTokens,
});
