import { printable } from "../text/printable.js";

/**
 * The one door to the terminal: what is printed is shown as {@link printable} does, since texts, labels, names and
 * messages may come from anywhere. It leaves JSON what it is.
 */

/** Prints a line, or a list of them, on standard output. */
export function print(lines: string | readonly string[]): void {
  if (lines.length > 0 || lines === "") console.log(shown(lines));
}

/** Prints a row of a table for a program, as it is; a terminal gets it as {@link print} shows it. */
export function printRow(line: string): void {
  console.log(process.stdout.isTTY ? shown(line) : line);
}

/** Prints a line, or a list of them, on standard error: progress, hints, warnings, errors. */
export function note(lines: string | readonly string[]): void {
  if (lines.length > 0 || lines === "") console.error(shown(lines));
}

/** Prints warnings, each on a line, on standard error. */
export function warn(warnings: string | readonly string[] | undefined): void {
  note([warnings ?? []].flat().map((warning) => `warning: ${warning}`));
}

function shown(lines: string | readonly string[]): string {
  return typeof lines === "string" ? printable(lines) : lines.map((line) => printable(line)).join("\n");
}
