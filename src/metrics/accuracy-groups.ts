import { TunebertError } from "../error.js";

/** Examples with similar values of something, such as a length. */
export interface AccuracyGroup {
  /** The least and the greatest value in the group. */
  readonly from: number;
  readonly to: number;
  readonly examples: number;
  readonly correct: number;
}

/**
 * Cuts examples into groups of about equal size by a whole number that each has, say its length. Equal numbers
 * stay together, so there may be fewer groups.
 * @param correct whether the answer to each example is right
 */
export function groupsOfEqualSize(
  values: readonly number[],
  correct: readonly boolean[],
  groupCount: number,
): AccuracyGroup[] {
  const sorted = values.toSorted((a, b) => a - b);
  const places = Array.from(
    { length: groupCount },
    (_, i) => Math.ceil(((i + 1) * sorted.length) / groupCount) - 1,
  );
  const ends = new Set(places.flatMap((place) => sorted[place] ?? []));
  return groupsUpTo([...ends], values, correct);
}

/**
 * Cuts examples into groups by a number that each has: a group takes the values up to its end and above the end
 * before it. Groups without examples are left out.
 * @param ends in rising order, the last no less than any value
 */
export function groupsUpTo(
  ends: readonly number[],
  values: readonly number[],
  correct: readonly boolean[],
): AccuracyGroup[] {
  const groups = ends.map(() => ({ from: Infinity, to: -Infinity, examples: 0, correct: 0 }));
  values.forEach((value, i) => {
    const group = groups[ends.findIndex((end) => value <= end)];
    if (!group) throw new TunebertError(`no group takes the value ${value}; the last ends at ${ends.at(-1)}`);
    group.from = Math.min(group.from, value);
    group.to = Math.max(group.to, value);
    group.examples += 1;
    if (correct[i]) group.correct += 1;
  });
  return groups.filter(({ examples }) => examples > 0);
}
