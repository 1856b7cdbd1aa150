import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { version } from "../run/version.js";
import { memoryFailure } from "../runtime/out-of-memory.js";
import { descriptorFailure } from "../system-error.js";
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
import { flushStandardStreams, report, watchStandardStreams } from "./standard-streams.js";
import { addTrainCommand } from "./train.js";

const FAILED = 1;
const WRONG_USAGE = 2;
const TROUBLESHOOTING = fileURLToPath(new URL("../../docs/troubleshooting.md", import.meta.url));

const program = new Command("tunebert")
  .description("Fine-tune BERT on texts and pairs of texts, without Python.")
  .version(version)
  .showHelpAfterError("(add --help for what a command takes)")
  .configureHelp({ showGlobalOptions: false })
  .addHelpText("after", `\nMessages that people meet, and what helps: ${TROUBLESHOOTING}`)
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
  const command = program.commands.find((candidate) => candidate.name() === program.args[0]);
  if (error instanceof CommanderError) {
    if (command) note(dashHint(error, command, process.argv.slice(2)));
    return WRONG_USAGE;
  }
  if (error instanceof Interrupted) return error.exitCode;
  const { json, logFormat } = command?.opts() ?? {};
  await report(complaint(memoryFailure(error) ?? descriptorFailure(error) ?? error, command), {
    forPrograms: json === true || logFormat === "json",
  });
  return FAILED;
}
