import { basename, relative } from "node:path";

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

/** As a POSIX shell reads it. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
