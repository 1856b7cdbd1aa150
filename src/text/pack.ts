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
  { cls, sep }: { readonly cls: number; readonly sep: number },
  maxLength: number,
  truncate: PairTruncation = longestFirst,
): Packed {
  const special = specialTokens(second === undefined ? 1 : 2);
  const [keptFirst, keptSecond] = truncate(first.length, second?.length ?? 0, maxLength - special);
  const ids = new Int32Array(keptFirst + keptSecond + special);
  let end = 0;
  ids[end++] = cls;
  for (let i = 0; i < keptFirst; i++) ids[end++] = first[i]!;
  ids[end++] = sep;
  const firstLength = end;
  if (second === undefined) return { ids, firstLength, truncated: keptFirst < first.length };
  for (let i = 0; i < keptSecond; i++) ids[end++] = second[i]!;
  ids[end] = sep;
  return { ids, firstLength, truncated: keptFirst < first.length || keptSecond < second.length };
}
