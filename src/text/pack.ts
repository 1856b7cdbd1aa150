import type { Texts } from "./text-example.js";
import { longestFirst, type PairTruncation } from "./truncate-pair.js";

/** The tokens that packing adds to so many texts: `<cls>`, and `<sep>` after each. */
export function specialTokens(texts: Texts): number {
  return 1 + texts;
}

/** One or two texts as the input of a BERT. */
export interface Packed {
  /** `<cls> first <sep>`, and of a pair `second <sep>` behind it; T ids. */
  readonly ids: Int32Array;
  /** Tokens of segment 0: `<cls>`, the first text and its `<sep>`. The rest is segment 1. */
  readonly firstLength: number;
  /** Whether tokens were dropped to fit. */
  readonly truncated: boolean;
}

/**
 * Packs the token ids of a text, or of two, into one BERT input of at most `maxLength` ids, the special ones
 * included, truncated where they do not fit. Layout: Devlin et al. (2019), section 3 and figure 4.
 */
export function pack(
  first: readonly number[],
  second: readonly number[] | undefined,
  special: { readonly cls: number; readonly sep: number },
  maxLength: number,
  truncate: PairTruncation = longestFirst,
): Packed {
  return second === undefined
    ? packText(first, special, maxLength)
    : packPair(first, second, special, maxLength, truncate);
}

function packText(
  text: readonly number[],
  special: { readonly cls: number; readonly sep: number },
  maxLength: number,
): Packed {
  const kept = Math.min(text.length, maxLength - specialTokens(1));
  const ids = new Int32Array(kept + specialTokens(1));
  ids[0] = special.cls;
  for (let i = 0; i < kept; i++) ids[i + 1] = text[i]!;
  ids[kept + 1] = special.sep;
  return { ids, firstLength: ids.length, truncated: kept < text.length };
}

function packPair(
  first: readonly number[],
  second: readonly number[],
  special: { readonly cls: number; readonly sep: number },
  maxLength: number,
  truncate: PairTruncation,
): Packed {
  const limit = maxLength - specialTokens(2);
  const [keptFirst, keptSecond] = truncate(first.length, second.length, limit);
  const ids = new Int32Array(keptFirst + keptSecond + specialTokens(2));
  let end = 0;
  ids[end++] = special.cls;
  for (let i = 0; i < keptFirst; i++) ids[end++] = first[i]!;
  ids[end++] = special.sep;
  for (let i = 0; i < keptSecond; i++) ids[end++] = second[i]!;
  ids[end] = special.sep;
  return {
    ids,
    firstLength: keptFirst + 2,
    truncated: keptFirst < first.length || keptSecond < second.length,
  };
}
