import { longestFirst, type PairTruncation } from "./truncate-pair.js";

/** The tokens that packing adds to a pair: `<cls>` and twice `<sep>`. */
export const SPECIAL_TOKENS_PER_PAIR = 3;

export interface PackedPair {
  /** `<cls> first <sep> second <sep>`, T ids. */
  readonly ids: Int32Array;
  /** Tokens of segment 0: `<cls>`, the first text and its `<sep>`. The rest is segment 1. */
  readonly firstLength: number;
  /** Whether tokens were dropped to fit. */
  readonly truncated: boolean;
}

/**
 * Packs the token ids of two texts into one BERT input of at most `maxLength` ids, the three special ones
 * included, truncated where they do not fit. Layout: Devlin et al. (2019), section 3.
 */
export function packPair(
  first: readonly number[],
  second: readonly number[],
  special: { readonly cls: number; readonly sep: number },
  maxLength: number,
  truncate: PairTruncation = longestFirst,
): PackedPair {
  const limit = maxLength - SPECIAL_TOKENS_PER_PAIR;
  const [keptFirst, keptSecond] = truncate(first.length, second.length, limit);
  const ids = new Int32Array(keptFirst + keptSecond + SPECIAL_TOKENS_PER_PAIR);
  ids[0] = special.cls;
  ids.set(first.slice(0, keptFirst), 1);
  ids[keptFirst + 1] = special.sep;
  ids.set(second.slice(0, keptSecond), keptFirst + 2);
  ids[ids.length - 1] = special.sep;
  return {
    ids,
    firstLength: keptFirst + 2,
    truncated: keptFirst < first.length || keptSecond < second.length,
  };
}
