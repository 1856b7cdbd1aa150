import { expect, test } from "vitest";
import { resumeCommand } from "./resume-command.js";

const command = (...args: string[]) => resumeCommand(["node", "/bin/tunebert", ...args], {}).join("\n");

test("the command is what was typed, with --resume", () => {
  expect(command("train", "--train", "a b.csv", "--overwrite", "--out", "it's")).toBe(
    "tunebert train --train 'a b.csv' --out 'it'\\''s' --resume",
  );
});

test("what is not printable is typed with escapes", () => {
  expect(command("train", "--out", "it's\u001b\\1\u0085\n")).toBe(
    "tunebert train --out $'it\\'s\\033\\\\1\\302\\205\\012' --resume",
  );
});
