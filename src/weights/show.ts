/** Text from a file, quoted and cut short, fit to stand in an error message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text);
}

/** A value from a file for an error message: a number as it is, anything else only as what it is not. */
export function showNumber(value: unknown): string {
  if (typeof value === "number") return String(value);
  return typeof value === "bigint" ? "a number beyond 2^53" : "no number";
}

/** A shape or the like for an error message, cut short. */
export function showNumbers(values: readonly unknown[]): string {
  const shown = values.slice(0, MAX_NUMBERS).map(showNumber);
  return `[${shown.join(", ")}${values.length > MAX_NUMBERS ? ", …" : ""}]`;
}

/** A message stays readable on one screen, however long a hostile name or shape is. */
const MAX_CHARACTERS = 80;
const MAX_NUMBERS = 8;
