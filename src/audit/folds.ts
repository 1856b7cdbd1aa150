import type { Random } from "../random.js";

/**
 * Deals examples out to folds (cross-validation: Stone, 1974): those of a group stay together, and every kind is spread as
 * evenly as that allows.
 * @param kinds (n): what kind each example is of, such as its label
 * @param groups of examples that are to stay together; all others go by themselves
 * @returns (n): the fold of each example, from 0
 */
export function dealFolds(
  kinds: ArrayLike<number>,
  groups: readonly (readonly number[])[],
  { folds, random }: { readonly folds: number; readonly random: Random },
): Int32Array {
  const grouped = new Set(groups.flat());
  const alone = Array.from({ length: kinds.length }, (_, i) => i).filter((i) => !grouped.has(i));
  const all = [...groups, ...alone.map((i) => [i])];
  // Large groups first, while there is room for them everywhere.
  const order = random.shuffle(all.slice()).sort((a, b) => b.length - a.length);
  const fold = new Int32Array(kinds.length);
  const sizes: number[] = Array(folds).fill(0);
  const ofKind = new Map<number, number[]>();
  for (const group of order) {
    const kind = kinds[group[0]!]!;
    const counts = ofKind.get(kind) ?? Array<number>(folds).fill(0);
    ofKind.set(kind, counts);
    const load = (one: number) => counts[one]! * kinds.length + sizes[one]!;
    let least = 0;
    for (let one = 1; one < folds; one++) if (load(one) < load(least)) least = one;
    for (const example of group) fold[example] = least;
    counts[least]! += group.length;
    sizes[least]! += group.length;
  }
  return fold;
}
