import { basename, relative } from "node:path";
import { printable } from "../text/printable.js";

/** How this program was run, as words of a shell. @param script that Node runs */
export function ownProgram(
  script: string,
  { npm_command }: Readonly<Record<string, string | undefined>>,
): string[] {
  if (basename(script) !== "tunebert") return ["node", shellWord(relative("", script))];
  return npm_command === "exec" ? ["npx", "tunebert"] : ["tunebert"];
}

/** A word as a POSIX shell reads it; what is not printable as the escapes of `$'…'`. */
export function shellWord(word: string): string {
  if (printable(word) !== word) return `$'${[...word].map(escaped).join("")}'`;
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function escaped(character: string): string {
  if (character === "'" || character === "\\") return `\\${character}`;
  if (printable(character) === character) return character;
  return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
