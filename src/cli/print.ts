import { printable } from "../text/printable.js";

/**
 * The one door to the terminal: what is printed is shown as {@link printable} does, since texts, labels, names and
 * messages may come from anywhere. It leaves JSON what it is.
 */

/** Prints lines on standard output. */
export function print(...lines: readonly string[]): void {
  for (const line of lines) console.log(printable(line));
}

/** Prints lines on standard error: progress, hints, warnings, errors. */
export function note(...lines: readonly string[]): void {
  for (const line of lines) console.error(printable(line));
}
