/** Names that a sentence lists. */
export const MOST_LISTED = 20;

/** Names as a sentence lists them; of many the first, and how many more there are. */
export function listNames(names: readonly string[]): string {
  if (names.length <= MOST_LISTED) return names.join(", ");
  return `${names.slice(0, MOST_LISTED).join(", ")} and ${names.length - MOST_LISTED} more`;
}
