import type { Command } from "commander";
import { TunebertError } from "../error.js";
import type { Question } from "../predict/predictor.js";
import { prepareRun } from "../run/prepare-run.js";
import { inRunFolder } from "../run/run-folder.js";
import type { TrainingRun } from "../run/train-in-folder.js";
import { expectTogether } from "../run/train-options.js";
import type { Texts } from "../text/text-example.js";
import { addOptions } from "./add-options.js";
import { whereAndHow } from "./ask-command.js";
import { flagNames } from "./complaint.js";
import { fetchOptions } from "./download-options.js";
import { addHelpBelow } from "./help-text.js";
import { withLabelNames } from "./label-names.js";
import { note, print } from "./print.js";
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
  const options = {
    ...(await withLabelNames(flags)),
    download: fetchOptions(flags),
    onNotice: note,
    // Standard output is for JSON alone where that is asked for.
    log: json ? note : print,
  };
  await inRunFolder(flags.out, options, async (folder) => {
    const run = await prepareRun(folder, options);
    await trainInTerminal({ ...run, json });
    const { texts, heldOut } = run;
    options.log(["", ...whereAndHow(flags.out, questionFor(heldOut, texts), process.argv, process.env)]);
  });
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
