import { basename, relative } from "node:path";
import { showAddress } from "../hub/address.js";

/** What to type to go on with the run that these arguments began, and what secrets are left out of it. */
export function resumeCommand(
  [, script = "tunebert", ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string {
  const kept = args.filter((arg) => arg !== "--overwrite" && arg !== "--resume");
  const shown = kept.map(withoutSecrets);
  const command = [...program(script, env), ...[...shown, "--resume"].map(quote)].join(" ");
  const same = shown.every((arg, i) => arg === kept[i]);
  return same
    ? command
    : `${command}\n(with the addresses as they were: what may be secret in them is left out here)`;
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

/** As a POSIX shell reads it. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
