const MOST = 20;

/** Names as a sentence lists them; of many the first, and how many more there are. */
export function listNames(names: readonly string[]): string {
  if (names.length <= MOST) return names.join(", ");
  return `${names.slice(0, MOST).join(", ")} and ${names.length - MOST} more`;
}
