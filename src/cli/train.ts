import type { Command } from "commander";
import { TunebertError } from "../error.js";
import { prepareRun } from "../run/prepare-run.js";
import { inRunFolder } from "../run/run-folder.js";
import { expectTogether } from "../run/train-options.js";
import { addOptions } from "./add-options.js";
import { flagNames } from "./complaint.js";
import { fetchOptions } from "./download-options.js";
import { note, print } from "./print.js";
import { trainInTerminal } from "./train-in-terminal.js";
import { type TrainFlags, trainOptionGroups } from "./train-options.js";

export function addTrainCommand(program: Command): void {
  const command = program
    .command("train")
    .description(
      "Fine-tune a pretrained BERT on labelled texts or pairs of texts, or train one from scratch.",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ tunebert train --train snli --test snli --pretrained bert.small --out nli
  $ tunebert train --train pairs.csv --label-column verdict --test-share 0.1 --out verdicts`,
    )
    .action(train);
  for (const [heading, options] of Object.entries(trainOptionGroups)) addOptions(command, options, heading);
}

async function train(flags: TrainFlags, command: Command): Promise<void> {
  expectUsage(flags, command);
  const json = flags.logFormat === "json";
  const options = {
    ...flags,
    download: fetchOptions(flags),
    onNotice: note,
    // Standard output is for JSON alone where that is asked for.
    log: json ? note : print,
  };
  await inRunFolder(flags.out, options, async (folder) => {
    await trainInTerminal({ ...(await prepareRun(folder, options)), json });
  });
}

/** Options that do not go together are wrong usage. */
function expectUsage(flags: TrainFlags, command: Command): void {
  try {
    expectTogether(flags);
  } catch (error) {
    if (!(error instanceof TunebertError)) throw error;
    command.error(`error: ${error.told(flagNames(command)).join("\n")}`);
  }
}
