/**
 * The indexes of the greatest counts, in rising order; of equal counts the first.
 * @param most how many of them
 */
export function mostFrequent(counts: readonly number[], most: number): number[] {
  return [...counts.entries()]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([index]) => index)
    .sort((a, b) => a - b);
}
