import { shorten } from "./show-json.js";

/** Names that a sentence lists. */
export const MOST_LISTED = 20;

/** Names as a sentence lists them, long ones shortened; of many the first, and how many more there are. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED).map((name) => shorten(name));
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
