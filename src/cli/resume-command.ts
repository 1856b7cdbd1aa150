import { basename, relative } from "node:path";
import { showAddress } from "../hub/files/address.js";
import { printable } from "../text/printable.js";

/** What to type to go on with the run that these arguments began; on a line of its own that secrets are left out of it. */
export function resumeCommand(
  [, script = "tunebert", ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const kept = args.filter((arg) => arg !== "--overwrite" && arg !== "--resume");
  const shown = kept.map(withoutSecrets);
  const command = [...program(script, env), ...[...shown, "--resume"].map(quote)].join(" ");
  const same = shown.every((arg, i) => arg === kept[i]);
  const note = "(with the addresses as they were: what may be secret in them is left out here)";
  return same ? [command] : [command, note];
}

/** An address may be an argument of its own, or follow its option after `=`. */
function withoutSecrets(arg: string): string {
  const [option] = /^--[\w-]+=/.exec(arg) ?? [""];
  return `${option}${showAddress(arg.slice(option.length))}`;
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
