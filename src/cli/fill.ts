import type { Command } from "commander";
import { headsOptions } from "../bert/options.js";
import { type OptionValues, option } from "../option.js";
import { count, text } from "../option-kinds.js";
import { MaskFiller } from "../predict/mask-filler.js";
import { addOptions } from "./add-options.js";
import { addHelpBelow } from "./help-text.js";
import { answerOptions } from "./options.js";
import { print } from "./print.js";

const fillOptions = {
  model: option(text("folder"), {
    default: "bert.mini",
    help: "what tunebert pretrain wrote, or a pretrained BERT with a head that guesses words: a folder, or a name that --pretrained takes, such as bert.mini, which comes with tunebert",
  }),
  top: option(count, { default: 5, help: "write the n most probable tokens" }),
  json: answerOptions.json,
  ...headsOptions,
};

export function addFillCommand(program: Command): void {
  const command = program
    .command("fill")
    .description("Have a pretrained model guess the words that are left out of a text.")
    .argument("<text>", "a text with <mask> wherever a word is missing")
    .action(fill);
  addHelpBelow(
    command,
    [],
    [
      'tunebert fill "a man is <mask> on a bench"',
      'tunebert fill --model my-bert "a <mask> is <mask> on a bench" --top 3',
    ],
  );
  addOptions(command, fillOptions);
}

async function fill(
  text: string,
  { model, top, json, heads }: OptionValues<typeof fillOptions>,
): Promise<void> {
  const filler = await MaskFiller.load(model, { heads });
  try {
    const places = await filler.fill(text, { top });
    if (json) print(JSON.stringify({ text, places }));
    else {
      for (const [i, candidates] of places.entries()) {
        if (i > 0) print("");
        for (const { token, probability } of candidates) print(`${probability.toFixed(4)}  ${token}`);
      }
    }
  } finally {
    await filler.close();
  }
}
