import { Command, Option } from "commander";
import { expect, test } from "vitest";
import { TunebertError } from "../error.js";
import { complaint } from "./complaint.js";

const command = new Command("train")
  .addOption(new Option("--max-length <n>"))
  .addOption(new Option("--threads <n>"));

test("what a user caused is told with the command's flags, and no other word is touched", () => {
  const error = new TunebertError((...names) => [`maxLength.csv: ${names.join(", ")}`, "  threads"], {
    option: ["maxLength", "threads", "batchSize"],
  });
  expect(complaint(error, command)).toEqual([
    "tunebert: maxLength.csv: --max-length, --threads, batchSize",
    "  threads",
  ]);
  expect(complaint(error, undefined)[0]).toBe("tunebert: maxLength.csv: maxLength, threads, batchSize");
});

test("anything else is a bug: a sentence, the versions, and the stack", () => {
  const error = new RangeError("too\u001b[2J much", { cause: new Error("the first") });
  const [first, versions, ...stack] = complaint(error, command);
  expect(first).toMatch(/^tunebert: this is a bug of tunebert.* report it/);
  expect(versions).toMatch(
    new RegExp(`^ {2}tunebert \\d\\S*, Node ${process.version}, ${process.platform} `),
  );
  expect(stack[0]).toBe("  RangeError: too\u001b[2J much");
  expect(stack.some((line) => line.includes("complaint.test"))).toBe(true);
  expect(stack.some((line) => line.includes("[cause]: Error: the first"))).toBe(true);
  expect(complaint("thrown", undefined).at(-1)).toBe("  'thrown'");
});
