/**
 * How many tokens of each text of a pair stay when together they may have `limit`. It gets the two lengths and
 * returns the two kept lengths, none longer than before; the tokens that go are the last ones.
 */
export type PairTruncation = (first: number, second: number, limit: number) => readonly [number, number];

/**
 * Shortens the longer text first, and the second when both are equally long, one token at a time until the
 * pair fits: d2l's `SNLIBERTDataset._truncate_pair_of_tokens` (section 16.7) in closed form.
 */
export const longestFirst: PairTruncation = (first, second, limit) => {
  if (first + second <= limit) return [first, second];
  const keptFirst = Math.min(first, Math.max(Math.ceil(limit / 2), limit - second));
  return [keptFirst, limit - keptFirst];
};
