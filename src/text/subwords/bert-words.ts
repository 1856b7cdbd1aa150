/** How BERT's own tokenizers make words of a text, before these are cut into pieces: `BertNormalizer` of tokenizer.json. */
export interface BertNormalizer {
  /** Whether control characters go. */
  readonly cleanText: boolean;
  /** Whether each CJK ideograph is a word. */
  readonly handleChineseChars: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

/** The words of a text: what stands between whitespace, each mark of punctuation apart (`BertPreTokenizer`). */
export function bertWords(normalised: string): readonly string[] {
  return normalised.match(WORDS) ?? [];
}

/**
 * The text as BERT's tokenizers compare it. Rust's `tokenizers` lower-cases letter by letter, so that a sigma at a word's
 * end is one as others.
 */
export function normaliseForBert(text: string, normalizer: BertNormalizer): string {
  const { cleanText, handleChineseChars, stripAccents, lowercase } = normalizer;
  if (ASCII.test(text)) return lowercase ? text.toLowerCase() : text;
  let result = text;
  if (cleanText) result = result.replace(CONTROLS, "");
  if (handleChineseChars) result = result.replace(IDEOGRAPHS, " $& ");
  if (stripAccents) result = result.normalize("NFD").replace(/\p{Mn}/gu, "");
  return lowercase ? result.replaceAll("Σ", "σ").toLowerCase() : result;
}

const ASCII = /^[\t\n\r\x20-\x7e]*$/;
const CONTROLS = /\ufffd|(?![\t\n\r])\p{C}/gu;
/** As Rust's `tokenizers` has them: U+2B820 to U+2B91F are not among them. */
const IDEOGRAPHS =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;
/** ASCII's symbols count as punctuation. */
const PUNCTUATION = "!-/:-@\\[-`{-~\\p{P}";
const WORDS = new RegExp(`[${PUNCTUATION}]|[^${PUNCTUATION}\\p{White_Space}]+`, "gu");
