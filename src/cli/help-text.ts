import type { Command } from "commander";

/**
 * Adds, below what a command's help says of options, what else there is to say.
 * @param paragraphs wrapped at the width of the terminal
 * @param examples command lines, to be copied as they are
 */
export function addHelpBelow(
  command: Command,
  paragraphs: readonly string[],
  examples: readonly string[] = [],
): Command {
  return command.addHelpText("after", () => {
    const width = command.configureOutput().getOutHelpWidth?.() ?? USUAL_COLUMNS;
    const help = Object.assign(command.createHelp(), command.configureHelp());
    const wrapped = paragraphs.map((paragraph) => help.boxWrap(paragraph, width));
    const list = examples.map((example) => `  $ ${example}`);
    return `\n${[...wrapped, ...(list.length === 0 ? [] : [["Examples:", ...list].join("\n")])].join("\n\n")}`;
  });
}

const USUAL_COLUMNS = 80;
