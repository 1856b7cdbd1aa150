import { showAddress } from "../hub/files/address.js";
import { ownProgram, shellWord } from "./shell-words.js";

/** What to type to go on with the run that these arguments began; on a line of its own that secrets are left out of it. */
export function resumeCommand(
  [, script = "tunebert", ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const kept = args.filter((arg) => arg !== "--overwrite" && arg !== "--resume");
  const shown = kept.map(withoutSecrets);
  const command = [...ownProgram(script, env), ...[...shown, "--resume"].map(shellWord)].join(" ");
  const same = shown.every((arg, i) => arg === kept[i]);
  const note = "(with the addresses as they were: what may be secret in them is left out here)";
  return same ? [command] : [command, note];
}

/** An address may be an argument of its own, or follow its option after `=`. */
function withoutSecrets(arg: string): string {
  const [option] = /^--[\w-]+=/.exec(arg) ?? [""];
  return `${option}${showAddress(arg.slice(option.length))}`;
}
