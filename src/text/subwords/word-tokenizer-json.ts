import { SPECIAL_TOKENS } from "../vocabulary.js";
import type { WordTokenizer } from "../word-tokenizer.js";

/**
 * A tokenizer of whole words as a `tokenizer.json`, which Hugging Face's libraries read: a WordPiece model none of whose tokens
 * continues a word, so that a word is known or unknown.
 */
export function tokenizerJsonOf({ vocabulary, words }: WordTokenizer): string {
  const tokens = Array.from({ length: vocabulary.size }, (_, id) => vocabulary.token(id));
  let continuation = "##";
  while (tokens.some((token) => token.startsWith(continuation))) continuation += "#";
  const special = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const sequence = (id: "A" | "B", type_id: number) => ({ Sequence: { id, type_id } });
  const single = [special("<cls>", 0), sequence("A", 0), special("<sep>", 0)];
  const described = (token: string) => [token, { id: token, ids: [vocabulary.id(token)], tokens: [token] }];
  const apart = words === "punctuation";
  return `${JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    // Written in a text they are words like others, and have their own ids all the same.
    added_tokens: SPECIAL_TOKENS.map((content) => ({
      ...{ id: vocabulary.id(content), content, single_word: false, lstrip: false, rstrip: false },
      ...{ normalized: false, special: true },
    })),
    normalizer: {
      ...{ type: "BertNormalizer", clean_text: false, handle_chinese_chars: apart },
      ...{ strip_accents: false, lowercase: true },
    },
    pre_tokenizer: { type: apart ? "BertPreTokenizer" : "WhitespaceSplit" },
    post_processor: {
      type: "TemplateProcessing",
      single,
      pair: [...single, sequence("B", 1), special("<sep>", 1)],
      special_tokens: Object.fromEntries([described("<cls>"), described("<sep>")]),
    },
    decoder: { type: "WordPiece", prefix: continuation, cleanup: false },
    model: {
      type: "WordPiece",
      unk_token: "<unk>",
      continuing_subword_prefix: continuation,
      max_input_chars_per_word: 1_000_000,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  })}\n`;
}
