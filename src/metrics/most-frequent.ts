/**
 * The indexes of the greatest counts, in rising order; of equal counts the first.
 * @param most how many of them
 */
export function mostFrequent(counts: readonly number[], most: number): number[] {
  return Array.from(counts, (_, index) => index)
    .sort((a, b) => counts[b]! - counts[a]!)
    .slice(0, most)
    .sort((a, b) => a - b);
}
