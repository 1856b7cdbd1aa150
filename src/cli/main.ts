#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { TunebertError } from "../error.js";
import { showAddress } from "../hub/address.js";
import { memoryFailure } from "../runtime/out-of-memory.js";
import { addCompareCommand } from "./compare.js";
import { addConvertCommand } from "./convert.js";
import { addDemoCommand } from "./demo.js";
import { addEvaluateCommand } from "./evaluate.js";
import { addFetchCommand } from "./fetch.js";
import { addInspectCommand } from "./inspect.js";
import { Interrupted } from "./interrupted.js";
import { addPredictCommand } from "./predict.js";
import { addTrainCommand } from "./train.js";
import { version } from "./version.js";

const FAILED = 1;
const WRONG_USAGE = 2;

const program = new Command("tunebert")
  .description("Fine-tune BERT on pairs of texts, without Python.")
  .version(version)
  .showHelpAfterError("(add --help for what a command takes)")
  .configureHelp({ showGlobalOptions: false })
  .configureOutput({ outputError: (text, write) => write(withoutSecrets(text)) })
  .exitOverride();
addTrainCommand(program);
addEvaluateCommand(program);
addPredictCommand(program);
addCompareCommand(program);
addInspectCommand(program);
addConvertCommand(program);
addFetchCommand(program);
addDemoCommand(program);

// A reader such as head that wants no more ends the command, and is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCode(error);
}

/** Says what went wrong, unless that has been said. */
function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
  if (error instanceof Interrupted) return error.exitCode;
  const failure = memoryFailure(error) ?? error;
  console.error(
    failure instanceof TunebertError ? `tunebert: ${asTyped(printable(failure.message))}` : failure,
  );
  return FAILED;
}

/** Errors call options by their names in the API; here they are flags. */
function asTyped(message: string): string {
  const options = program.commands.flatMap((command) => command.options);
  return options.reduce((text, option) => {
    const name = option.attributeName();
    return /[A-Z]/.test(name) ? text.replaceAll(new RegExp(`\\b${name}\\b`, "g"), option.long!) : text;
  }, message);
}

/** Files that are not what they seem may put control characters into a message. */
function printable(message: string): string {
  return message.replaceAll(
    /[^\P{Cc}\n]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** What is wrong with a command line is quoted as it was typed. */
function withoutSecrets(text: string): string {
  return text.replaceAll(
    /'(--[\w-]+=)?([^']*)'/g,
    (_, option = "", value) => `'${option}${showAddress(value)}'`,
  );
}
