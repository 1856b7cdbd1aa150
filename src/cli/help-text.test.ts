import { Command } from "commander";
import { expect, test } from "vitest";
import { addHelpBelow } from "./help-text.js";

test("paragraphs wrap at the width of the terminal, and command lines do not", () => {
  let help = "";
  const command = new Command("ask").configureOutput({
    getOutHelpWidth: () => 40,
    writeOut: (text) => {
      help += text;
    },
  });
  addHelpBelow(command, ["one two three four five six seven eight nine ten"], [`ask ${"x".repeat(50)}`]);
  command.outputHelp();
  expect(help).toContain(
    `\none two three four five six seven eight\nnine ten\n\nExamples:\n  $ ask ${"x".repeat(50)}\n`,
  );
});
