import { TunebertError } from "../error.js";
import { choice } from "../option-kinds.js";
import { showJson } from "./show-json.js";

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

/**
 * Shortens both texts so that the ratio of their lengths stays: the answer to the second exercise of d2l's section
 * 16.7. Of all ways to fill the limit it takes the one nearest to the original ratio. A token on which both
 * texts have the same claim goes to the shorter text, and to the first when both are equally long; so, but for
 * equally long texts, swapping the texts swaps the result. A text that has tokens keeps at least one if `limit`
 * has room for two.
 */
export const ratio: PairTruncation = (first, second, limit) => {
  const total = first + second;
  if (total <= limit) return [first, second];
  const shorter = Math.min(first, second);
  const share = Math.floor((2 * limit * shorter + total) / (2 * total));
  const kept = Math.max(share, Math.min(1, shorter, limit - 1));
  return first <= second ? [kept, limit - kept] : [limit - kept, kept];
};

/**
 * Shortens the first text alone, to a single token if need be: for a short question about a long text, which comes first.
 * Where that is not enough the second text is shortened too.
 */
export const onlyFirst: PairTruncation = (first, second, limit) => {
  const keptFirst = Math.min(first, limit, Math.max(1, limit - second));
  return [keptFirst, Math.min(second, limit - keptFirst)];
};

/** The ways to truncate, by the names they have in options and files. */
export const truncations: Readonly<Record<TruncationName, PairTruncation>> = {
  "longest-first": longestFirst,
  ratio,
  "only-first": onlyFirst,
};

/**
 * What goes from a pair that is too long: the end of the longer text first, of both in proportion, or of the first text.
 */
export type TruncationName = "longest-first" | "ratio" | "only-first";

/** d2l's. */
export const DEFAULT_TRUNCATION: TruncationName = "longest-first";

/**
 * Returns the name when it is one of {@link truncations}.
 * @throws TunebertError that lists the names there are
 */
export function checkTruncation(name: unknown): TruncationName {
  if (typeof name === "string" && Object.hasOwn(truncations, name)) return name as TruncationName;
  const found = typeof name === "string" ? showJson(name) : `of type ${typeof name}`;
  throw new TunebertError(
    (truncation) => `${truncation} is ${found}; it must be ${choice(Object.keys(truncations)).expected}`,
    { option: "truncation" },
  );
}

/**
 * As {@link longestFirst}, where Hugging Face's `tokenizers` decide who gets an odd token: the originally longer text,
 * and of two equally long ones the second.
 */
export const longestFirstOfRust: PairTruncation = (first, second, limit) => {
  if (first + second <= limit) return [first, second];
  const shorter = Math.min(first, second);
  const kept = Math.min(shorter, Math.floor(limit / 2));
  return first <= second ? [kept, limit - kept] : [limit - kept, kept];
};

/** The {@link truncations} of tokenizers whose ids are Rust's. */
export const truncationsOfRust: Readonly<Record<TruncationName, PairTruncation>> = {
  ...truncations,
  "longest-first": longestFirstOfRust,
};
