import { basename, relative } from "node:path";
import { printable } from "../text/printable.js";

/** What to type to go on with the run that these arguments began. */
export function resumeCommand(
  [, script = "tunebert", ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string {
  const kept = args.filter((arg) => arg !== "--overwrite" && arg !== "--resume");
  return [...program(script, env), ...[...kept, "--resume"].map(quote)].join(" ");
}

function program(script: string, { npm_command }: Readonly<Record<string, string | undefined>>): string[] {
  if (basename(script) !== "tunebert") return ["node", quote(relative("", script))];
  return npm_command === "exec" ? ["npx", "tunebert"] : ["tunebert"];
}

/** As a POSIX shell reads it; what is not printable as the escapes of `$'…'`. */
function quote(word: string): string {
  if (printable(word) !== word) return `$'${[...word].map(escaped).join("")}'`;
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function escaped(character: string): string {
  if (character === "'" || character === "\\") return `\\${character}`;
  if (printable(character) === character) return character;
  return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
