/**
 * What a word is: for the book what stands between whitespace; or punctuation and ideographs are words of their own, as
 * BERT's basic tokenizer has it (Devlin et al., 2019).
 */
export type Words = "book" | "punctuation";

export const WORDS: readonly Words[] = ["book", "punctuation"];

/** Splits a text into lower-case words. */
export function tokenize(text: string, words: Words = "book"): string[] {
  const between = splitAtWhitespace(text);
  return words === "book" ? between : between.flatMap(setApart);
}

/**
 * Lower-case words at whitespace, exactly as Python's `text.lower().split()`: the tokens of the BERT checkpoints of d2l
 * (section 16.7). Punctuation stays where it is; SNLI's parses set it apart already.
 */
function splitAtWhitespace(text: string): string[] {
  const lower = text.toLowerCase();
  const tokens: string[] = [];
  let start = -1;
  for (let i = 0; i < lower.length; i++) {
    if (!isWhitespace(lower.charCodeAt(i))) {
      if (start < 0) start = i;
    } else if (start >= 0) {
      tokens.push(lower.slice(start, i));
      start = -1;
    }
  }
  if (start >= 0) tokens.push(lower.slice(start));
  return tokens;
}

/** ASCII's symbols, which BERT counts as punctuation, and Unicode's punctuation. */
const PUNCTUATION = "!-/:-@\\[-`{-~\\p{P}";
/** The blocks of CJK ideographs that BERT sets apart. */
const IDEOGRAPHS =
  "\\u{3400}-\\u{4DBF}\\u{4E00}-\\u{9FFF}\\u{F900}-\\u{FAFF}\\u{20000}-\\u{2A6DF}\\u{2A700}-\\u{2CEAF}\\u{2F800}-\\u{2FA1F}";
const APART = new RegExp(`[${PUNCTUATION}${IDEOGRAPHS}]`, "u");
const PIECES = new RegExp(`[${PUNCTUATION}${IDEOGRAPHS}]|[^${PUNCTUATION}${IDEOGRAPHS}]+`, "gu");

/** The pieces of a word. */
function setApart(word: string): readonly string[] {
  return APART.test(word) ? (word.match(PIECES) ?? []) : [word];
}

/**
 * Python's `str.isspace`. It differs from JavaScript's `\s`: U+001C to U+001F and U+0085 are whitespace, the
 * byte order mark U+FEFF is not.
 */
export function isWhitespace(unit: number): boolean {
  if (unit <= 0x20) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || unit >= 0x1c;
  return unit >= 0x85 && WIDE_WHITESPACE.has(unit);
}

const WIDE_WHITESPACE = new Set([
  0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a,
  0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
]);
