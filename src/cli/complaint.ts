import { inspect } from "node:util";
import type { Command, CommanderError, OutputConfiguration } from "commander";
import { TunebertError } from "../error.js";
import { showAddress, showAddressesIn } from "../hub/files/address.js";
import { version } from "../run/version.js";
import { note } from "./print.js";

/** What the command line says when something is wrong, line by line. */

/** Of a failed command: what a user caused is told with the names of its flags; anything else is a bug. */
export function complaint(error: unknown, command: Command | undefined): string[] {
  if (!(error instanceof TunebertError)) return bugReport(error);
  const [first, ...others] = error.told(flagNames(command));
  return [`tunebert: ${first}`, ...others];
}

/** What a command line calls an option of the API. */
export function flagNames(command: Command | undefined): (option: string) => string {
  const flags = new Map(command?.options.map((option) => [option.attributeName(), option.long]));
  return (option) => flags.get(option) ?? option;
}

function bugReport(error: unknown): string[] {
  return [
    "tunebert: this is a bug of tunebert, not of what you gave it; please report it with the command and these lines:",
    `  tunebert ${version}, Node ${process.version}, ${process.platform} ${process.arch}`,
    ...showAddressesIn(inspect(error))
      .split("\n")
      .map((line) => `  ${line}`),
  ];
}

/** Commander's own messages: what a user typed is in them. */
export const usageOutput: OutputConfiguration = {
  outputError: (message) => {
    const [, text = message, suggestion] = /^(.*?)(?:\n(\(Did you mean [^\n]*\)))?\n?$/s.exec(message) ?? [];
    note([withoutSecrets(text), ...(suggestion === undefined ? [] : [suggestion])]);
  },
};

/** What is wrong with a command line is quoted as it was typed. */
function withoutSecrets(text: string): string {
  return text.replaceAll(
    /'(--[\w-]+=)?([^']*)'/g,
    (_, option = "", value) => `'${option}${showAddress(value)}'`,
  );
}

/** What to do where something that begins with a dash was taken for an option; nothing where it may well be one. */
export function dashHint(
  { code, message }: CommanderError,
  command: Command,
  args: readonly string[],
): string[] {
  const [, unknown] = /^error: unknown option '(.*)'$/s.exec(message) ?? [];
  if (code !== "commander.unknownOption" || unknown === undefined) return [];
  const before = args.slice(0, args.indexOf(unknown)).findLast((arg) => arg.startsWith("--"));
  const list = command.options.find(({ long, variadic }) => variadic && long === before?.replace(/=.*/s, ""));
  if (list) return [`(as a value of ${list.long} write ${quote(`${list.long}=${unknown}`)})`];
  if (command.registeredArguments.length === 0) return [];
  const usage = `tunebert ${command.name()} … -- ${quote(unknown)}`;
  return [`(what begins with a dash and is no option goes behind --, after all options: ${usage})`];
}

function quote(word: string): string {
  const shown = showAddressesIn(word);
  return /\s/.test(shown) ? JSON.stringify(shown) : shown;
}
