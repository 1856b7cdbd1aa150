import type { Texts } from "./text-example.js";
import { longestFirst, type PairTruncation } from "./truncate-pair.js";

/** The ids of the special tokens that stand around a text, or around and between two. */
export interface Template {
  readonly single: { readonly before: readonly number[]; readonly after: readonly number[] };
  readonly pair: {
    readonly before: readonly number[];
    readonly between: readonly number[];
    readonly after: readonly number[];
    /** The segment of the second text and of what stands behind it. */
    readonly secondSegment: 0 | 1;
  };
}

/** BERT's: `<cls> first <sep>`, and of a pair `second <sep>` behind it (Devlin et al., 2019, section 3 and figure 4). */
export function bertTemplate({ cls, sep }: { readonly cls: number; readonly sep: number }): Template {
  return {
    single: { before: [cls], after: [sep] },
    pair: { before: [cls], between: [sep], after: [sep], secondSegment: 1 },
  };
}

/** How many tokens packing adds to so many texts. */
export function specialTokens({ single, pair }: Template, texts: Texts): number {
  return texts === 1
    ? single.before.length + single.after.length
    : pair.before.length + pair.between.length + pair.after.length;
}

/** One or two texts as the input of a BERT. */
export interface Packed {
  /** T ids, such as `<cls> first <sep>`, and of a pair `second <sep>` behind it. */
  readonly ids: Int32Array;
  /** Tokens of segment 0: `<cls>`, the first text and its `<sep>`. The rest is segment 1. */
  readonly firstLength: number;
  /** Whether tokens were dropped to fit. */
  readonly truncated: boolean;
  /** Whether a text has no token. */
  readonly empty: boolean;
}

/**
 * Packs the token ids of a text, or of two, into one BERT input of at most `maxLength` ids, the special ones
 * included, truncated where they do not fit.
 */
export function pack(
  first: readonly number[],
  second: readonly number[] | undefined,
  template: Template,
  maxLength: number,
  truncate: PairTruncation = longestFirst,
): Packed {
  const room = maxLength - specialTokens(template, second === undefined ? 1 : 2);
  const [keptFirst, keptSecond] = truncate(first.length, second?.length ?? 0, room);
  const ids = new Int32Array(maxLength - room + keptFirst + keptSecond);
  let end = 0;
  const put = (tokens: readonly number[], count = tokens.length) => {
    for (let i = 0; i < count; i++) ids[end++] = tokens[i]!;
  };
  if (second === undefined) {
    put(template.single.before);
    put(first, keptFirst);
    put(template.single.after);
    return { ids, firstLength: end, truncated: keptFirst < first.length, empty: first.length === 0 };
  }
  const { before, between, after, secondSegment } = template.pair;
  put(before);
  put(first, keptFirst);
  put(between);
  const firstLength = secondSegment === 0 ? ids.length : end;
  put(second, keptSecond);
  put(after);
  return {
    ...{ ids, firstLength },
    truncated: keptFirst < first.length || keptSecond < second.length,
    empty: first.length === 0 || second.length === 0,
  };
}
