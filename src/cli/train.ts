import type { Command } from "commander";
import { TunebertError } from "../error.js";
import type { Question } from "../predict/predictor.js";
import { prepareRun } from "../run/prepare-run.js";
import { agreeOnThreads, joinRanks } from "../run/ranks.js";
import { inRunFolder, latestCheckpointIn } from "../run/run-folder.js";
import { followTraining, type TrainingRun } from "../run/train-in-folder.js";
import { expectTogether } from "../run/train-options.js";
import type { Collective } from "../runtime/collective.js";
import type { Texts } from "../text/text-example.js";
import { addOptions } from "./add-options.js";
import { whereAndHow } from "./ask-command.js";
import { flagNames } from "./complaint.js";
import { fetchOptions } from "./download-options.js";
import { addHelpBelow } from "./help-text.js";
import { Interrupted, interruptible } from "./interrupted.js";
import { withLabelNames } from "./label-names.js";
import { mpirunStop } from "./mpirun-stop.js";
import { note, print, warn } from "./print.js";
import { givenThreads } from "./shared-device.js";
import { trainInTerminal } from "./train-in-terminal.js";
import { type TrainFlags, trainOptionGroups } from "./train-options.js";

export function addTrainCommand(program: Command): void {
  const command = program
    .command("train")
    .description(
      "Fine-tune a pretrained BERT on labelled texts or pairs of texts, or train one from scratch.",
    )
    .action(train);
  addHelpBelow(
    command,
    [],
    [
      "tunebert train --train snli --test snli --pretrained bert.small --out nli",
      "tunebert train --train pairs.csv --label-column verdict --test-share 0.1 --out verdicts",
    ],
  );
  for (const [heading, options] of Object.entries(trainOptionGroups)) addOptions(command, options, heading);
}

async function train(flags: TrainFlags, command: Command): Promise<void> {
  expectUsage(flags, command);
  const json = flags.logFormat === "json";
  const named = await withLabelNames(flags);
  const collective = await joinRanks(flags.rankTimeout);
  if (collective !== undefined && collective.rank > 0) return follow(named, collective, command);
  // Standard output is for JSON alone where that is asked for.
  const log = json ? note : print;
  const shared = collective && (await agreeOnThreads(collective, givenThreads(flags, command)));
  const threads = shared?.threads ?? flags.threads;
  const options = { ...named, download: fetchOptions(flags), threads, onNotice: note, log };
  await inRunFolder(flags.out, options, async (folder) => {
    for (const line of shared?.lines ?? []) log(line);
    warn(shared?.warnings);
    const run = await prepareRun(folder, options);
    await trainInTerminal({ ...run, collective, json, stop: collective && mpirunStop() });
    const { texts, heldOut } = run;
    options.log(["", ...whereAndHow(flags.out, questionFor(heldOut, texts), process.argv, process.env)]);
  });
}

/** Trains as a process of mpirun that neither prints nor writes. */
async function follow(
  flags: Omit<TrainFlags, "labelNames"> & { readonly labelNames: readonly string[] | undefined },
  collective: Collective,
  command: Command,
): Promise<void> {
  const { threads } = await agreeOnThreads(collective, givenThreads(flags, command));
  const folder = {
    path: flags.out,
    isOthers: true,
    resumeFrom: flags.resume ? await latestCheckpointIn(flags.out) : undefined,
  };
  const download = { ...fetchOptions(flags), onEvent: undefined };
  const run = await prepareRun(folder, { ...flags, threads, download });
  const { signal } = collective.stopping;
  try {
    await interruptible((asked) =>
      followTraining({ ...run, signal: asked }, collective, folder.resumeFrom), () => {}, [mpirunStop()]);
  } catch (error) {
    // The process that writes tells why all have stopped.
    throw signal.aborted && error === signal.reason ? new Interrupted("SIGTERM") : error;
  }
}

/** An example that is measured on where it is short, else words for one. */
function questionFor(heldOut: TrainingRun["heldOut"], texts: Texts | undefined): Question {
  const short = heldOut?.find(({ text, textPair = "" }) => text.length + textPair.length <= SHORT);
  if (short) return short;
  return texts === 1 ? { text: "a text" } : { text: "a text", textPair: "another text" };
}

/** Characters that fit in a line beside the rest of a command. */
const SHORT = 80;

/** Options that do not go together are wrong usage. */
function expectUsage(flags: TrainFlags, command: Command): void {
  try {
    expectTogether(flags);
  } catch (error) {
    if (!(error instanceof TunebertError)) throw error;
    command.error(`error: ${error.told(flagNames(command)).join("\n")}`);
  }
}
