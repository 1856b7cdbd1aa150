const LONGEST = 60;

/**
 * A JSON value as an error shows it, shortened. A list or an object is only named: one that is nested deeply
 * enough could not be written without overflowing the stack, although `JSON.parse` reads it.
 */
export function showJson(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return shorten(JSON.stringify(value));
}

/** The beginning of a text, with a sign that it goes on. */
export function shorten(text: string, longest = LONGEST): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}
