import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { version } from "../run/version.js";
import { memoryFailure } from "../runtime/out-of-memory.js";
import { complaint, dashHint, usageOutput } from "./complaint.js";
import { addHelpBelow } from "./help-text.js";
import { Interrupted } from "./interrupted.js";
import { note } from "./print.js";
import { flushStandardStreams, report } from "./standard-streams.js";
import { tooManyFiles } from "./too-many-files.js";

const FAILED = 1;
const WRONG_USAGE = 2;
const TROUBLESHOOTING = fileURLToPath(new URL("../../docs/troubleshooting.md", import.meta.url));

/**
 * Runs a command line, and says what went wrong.
 * @param args what follows the name of the program
 * @returns the exit code
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const program = newProgram();
  try {
    await parse(program, args);
    await flushStandardStreams();
    return 0;
  } catch (error) {
    return exitCode(error, program, args);
  }
}

function newProgram(): Command {
  const program = new Command("tunebert")
    .description("Fine-tune BERT on texts and pairs of texts, without Python.")
    .version(version)
    .showHelpAfterError("(add --help for what a command takes)")
    .configureHelp({ showGlobalOptions: false, minWidthToWrap: NARROWEST })
    .configureOutput(usageOutput)
    // A text that begins with -V is a text.
    .enablePositionalOptions()
    .exitOverride();
  return addHelpBelow(program, [`Messages that people meet, and what helps: ${TROUBLESHOOTING}`]);
}

/** Characters beside an option's flags below which what it does is not wrapped. */
const NARROWEST = 16;

/** In the order of `--help`. */
const COMMANDS = {
  train: async () => (await import("./train.js")).addTrainCommand,
  pretrain: async () => (await import("./pretrain.js")).addPretrainCommand,
  evaluate: async () => (await import("./evaluate.js")).addEvaluateCommand,
  audit: async () => (await import("./audit.js")).addAuditCommand,
  export: async () => (await import("./export.js")).addExportCommand,
  predict: async () => (await import("./predict.js")).addPredictCommand,
  embed: async () => (await import("./embed.js")).addEmbedCommand,
  fill: async () => (await import("./fill.js")).addFillCommand,
  serve: async () => (await import("./serve.js")).addServeCommand,
  compare: async () => (await import("./compare.js")).addCompareCommand,
  inspect: async () => (await import("./inspect.js")).addInspectCommand,
  convert: async () => (await import("./convert.js")).addConvertCommand,
  fetch: async () => (await import("./fetch.js")).addFetchCommand,
  demo: async () => (await import("./demo.js")).addDemoCommand,
};

/** Adds the command that is asked for, since reading the code of all takes longer than many a command; else all. */
async function addCommands(program: Command, asked: string | undefined): Promise<void> {
  const one = Object.entries(COMMANDS).find(([name]) => name === asked);
  for (const load of one ? [one[1]] : Object.values(COMMANDS)) (await load())(program);
}

/** To have asked for help is no error. */
async function parse(program: Command, args: readonly string[]): Promise<void> {
  try {
    await addCommands(program, args[0]);
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
}

/** Says what went wrong, unless that has been said. */
async function exitCode(error: unknown, program: Command, args: readonly string[]): Promise<number> {
  const command = program.commands.find((candidate) => candidate.name() === program.args[0]);
  if (error instanceof CommanderError) {
    if (command) note(dashHint(error, command, args));
    return WRONG_USAGE;
  }
  if (error instanceof Interrupted) return error.exitCode;
  const { json, logFormat, format = "text" } = command?.opts() ?? {};
  await report(complaint(memoryFailure(error) ?? tooManyFiles(error) ?? error, command), {
    forPrograms: json === true || logFormat === "json" || format !== "text",
  });
  return FAILED;
}
