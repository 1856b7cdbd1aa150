#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { memoryFailure } from "../runtime/out-of-memory.js";
import { addCompareCommand } from "./compare.js";
import { complaint, dashHint, usageOutput } from "./complaint.js";
import { addConvertCommand } from "./convert.js";
import { addDemoCommand } from "./demo.js";
import { addEvaluateCommand } from "./evaluate.js";
import { addFetchCommand } from "./fetch.js";
import { addInspectCommand } from "./inspect.js";
import { Interrupted } from "./interrupted.js";
import { addPredictCommand } from "./predict.js";
import { note } from "./print.js";
import { addTrainCommand } from "./train.js";
import { version } from "./version.js";

const FAILED = 1;
const WRONG_USAGE = 2;

const program = new Command("tunebert")
  .description("Fine-tune BERT on pairs of texts, without Python.")
  .version(version)
  .showHelpAfterError("(add --help for what a command takes)")
  .configureHelp({ showGlobalOptions: false })
  .configureOutput(usageOutput)
  // A text that begins with -V is a text.
  .enablePositionalOptions()
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
  const command = program.commands.find((candidate) => candidate.name() === program.args[0]);
  if (error instanceof CommanderError) {
    if (command) note(dashHint(error, command, process.argv.slice(2)));
    return error.exitCode === 0 ? 0 : WRONG_USAGE;
  }
  if (error instanceof Interrupted) return error.exitCode;
  note(complaint(memoryFailure(error) ?? error, command));
  return FAILED;
}
