#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { TunebertError } from "../error.js";
import { memoryFailure } from "../runtime/out-of-memory.js";
import { descriptorFailure } from "../system-error.js";
import { addCompareCommand } from "./compare.js";
import { addConvertCommand } from "./convert.js";
import { addDemoCommand } from "./demo.js";
import { addEvaluateCommand } from "./evaluate.js";
import { addFetchCommand } from "./fetch.js";
import { addInspectCommand } from "./inspect.js";
import { Interrupted } from "./interrupted.js";
import { addPredictCommand } from "./predict.js";
import { flushStandardStreams, report, watchStandardStreams } from "./standard-streams.js";
import { addTrainCommand } from "./train.js";
import { version } from "./version.js";

const FAILED = 1;
const WRONG_USAGE = 2;

const program = new Command("tunebert")
  .description("Fine-tune BERT on pairs of texts, without Python.")
  .version(version)
  .showHelpAfterError("(add --help for what a command takes)")
  .configureHelp({ showGlobalOptions: false })
  .exitOverride();
addTrainCommand(program);
addEvaluateCommand(program);
addPredictCommand(program);
addCompareCommand(program);
addInspectCommand(program);
addConvertCommand(program);
addFetchCommand(program);
addDemoCommand(program);

let running: Command = program;
program.hook("preAction", (_, command) => {
  running = command;
});

watchStandardStreams();
try {
  await parse();
  await flushStandardStreams();
} catch (error) {
  process.exitCode = await exitCode(error);
}

/** To have asked for help is no error. */
async function parse(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
}

/** Says what went wrong, unless that has been said. */
async function exitCode(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return WRONG_USAGE;
  if (error instanceof Interrupted) return error.exitCode;
  const failure = memoryFailure(error) ?? descriptorFailure(error) ?? error;
  const { json, logFormat } = running.opts();
  await report(
    failure instanceof TunebertError ? `tunebert: ${asTyped(printable(failure.message))}` : failure,
    { forPrograms: json === true || logFormat === "json" },
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
