import type { Command } from "commander";
import type { FoundCheckpoint } from "../hub/store/checkpoint-folder.js";
import type { Options, OptionValues } from "../option.js";
import { checkpointOptions, outputOptions } from "../run/options.js";
import { pretrainInFolder } from "../run/pretrain.js";
import {
  pretrainedModelOptions,
  pretrainingRunOptions,
  pretrainingTextOptions,
} from "../run/pretrain-options.js";
import { inRunFolder } from "../run/run-folder.js";
import type { TrainEvent } from "../train/events.js";
import { addOptions } from "./add-options.js";
import { downloadOptions, fetchOptions } from "./download-options.js";
import { addHelpBelow } from "./help-text.js";
import { epochLines } from "./listeners/epoch-lines.js";
import { progressLine } from "./listeners/progress-line.js";
import { note, print } from "./print.js";
import { reportResume } from "./report-resume.js";
import { resumably } from "./train-in-terminal.js";
import { terminalOptions } from "./train-options.js";

const groups = {
  Text: { ...pretrainingTextOptions, ...downloadOptions },
  Model: pretrainedModelOptions,
  Training: pretrainingRunOptions,
  Checkpoints: checkpointOptions,
  Output: { ...outputOptions, ...terminalOptions },
} satisfies Record<string, Options>;

type PretrainFlags = OptionValues<
  typeof groups.Text &
    typeof groups.Model &
    typeof groups.Training &
    typeof groups.Checkpoints &
    typeof groups.Output
>;

export function addPretrainCommand(program: Command): void {
  const command = program
    .command("pretrain")
    .description(
      "Pretrain a BERT on plain text: it guesses words that are hidden, and whether a sentence follows another.",
    )
    .action(pretrain);
  addHelpBelow(
    command,
    [],
    [
      "tunebert pretrain --text wiki.train.tokens --out my-bert",
      "tunebert pretrain --text notes.txt --pretrained org/name --epochs 3 --learning-rate 5e-5 --out domain-bert",
      "tunebert train --train pairs.csv --pretrained my-bert --out verdicts",
    ],
  );
  for (const [heading, options] of Object.entries(groups)) addOptions(command, options, heading);
}

async function pretrain(flags: PretrainFlags): Promise<void> {
  const json = flags.logFormat === "json";
  const log = json ? note : print;
  const progress = progressLine(process.stderr, flags.epochs);
  const listeners = [
    progress,
    json
      ? { handle: (event: TrainEvent) => print(JSON.stringify(event)) }
      : epochLines(print, flags.epochs, "tokenAccuracy"),
  ];
  const given = { ...flags, download: fetchOptions(flags), listeners, log, onNotice: note };
  await inRunFolder(flags.out, given, async (folder) => {
    const run = {
      onResume: (checkpoint: FoundCheckpoint) => reportResume(checkpoint, { ...flags, patience: undefined }),
    };
    if (!flags.checkpoints) await pretrainInFolder(folder, given, run);
    else {
      await resumably({ out: folder }, progress, (signal, onKept) =>
        pretrainInFolder(folder, { ...given, signal }, { ...run, checkpoints: { onKept } }),
      );
    }
  });
}
