import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fail, temporaryFolder, tunebert } from "./support/command.js";
import { TINY_SIZES, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const out = join(folder, "out");

describe("messages call options by their flags, and leave other words alone", () => {
  test("files and columns that are called like options", async () => {
    const file = join(folder, "maxLength.csv");
    writeFileSync(
      file,
      toCsv(tinyPairs()).replace("premise,hypothesis,label", "batchSize,threads,labelColumn"),
    );
    expect(await fail(["train", "--train", file, "--out", out])).toMatch(
      /maxLength\.csv, row 1: no columns .*; found: batchSize, threads, labelColumn\. Name the right ones as --text-column and --text-pair-column, a single one as --text-column$/,
    );
    const columns = ["--premise-column", "batchSize", "--hypothesis-column", "minFrequency"];
    expect(await fail(["train", "--train", file, ...columns, "--out", out])).toMatch(
      /maxLength\.csv, row 1: no column "minFrequency"; found: .* Name the right one as --hypothesis-column$/,
    );
  });

  test("a label that is called like an option", async () => {
    const file = join(folder, "pairs.csv");
    writeFileSync(file, "premise,hypothesis,label\na,b,learningRate\na,c,minFrequency\n");
    const flags = [...TINY_SIZES, "--min-frequency", "1", "--class-weights", "batchSize=2", "--out", out];
    expect(await fail(["train", "--train", file, ...flags])).toBe(
      "there is a class weight for the label batchSize, but the labels are learningRate, minFrequency",
    );
    const deep = ["--blocks", "65", "--min-frequency", "1"];
    expect(await fail(["train", "--train", file, ...deep, "--out", out])).toBe(
      "--blocks is 65; it must be at most 64",
    );
  });
});

describe("what begins with a dash and is no option gets a hint", () => {
  const text = "-5 degrees outside";
  const train = ["train", "--train", "pairs.csv", "--out", out];

  test.each([
    ["a text", ["predict", "--model", "x", text, "It is cold"], `-- "${text}"`],
    ["a second text", ["predict", "--model", "x", "It is cold", "-no"], "predict … -- -no"],
    ["a text that begins as -V does", ["predict", "--model", "x", "-Very cold", "b"], `-- "-Very cold"`],
    ["a file", ["inspect", "-a.pt"], "tunebert inspect … -- -a.pt"],
    ["a weight", [...train, "--class-weights", "0=1", "-1=2"], "write --class-weights=-1=2)"],
    ["a later weight", [...train, "--class-weights=0=1", "1=3", "- 1=2"], `write "--class-weights=- 1=2")`],
  ])("%s", async (_, args, hint) => {
    const { code, stdout, stderr } = await tunebert(args);
    expect(stderr).toContain(hint);
    expect(stderr).toMatch(/^error: unknown option '-/);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  test("what the hint says works", async () => {
    expect(await fail(["predict", "--model", join(folder, "none"), "--", text, "It is cold"])).toMatch(
      /^cannot read .*none/,
    );
    expect(await fail([...train, "--class-weights=-1=2", "--class-weights=0=1"])).toContain(
      "cannot read pairs.csv",
    );
  });

  test("a mistyped option does not", async () => {
    const { stderr } = await tunebert(["inspect", "a.pt", "--jsn"]);
    expect(stderr).toMatch(
      /^error: unknown option '--jsn'\n\(Did you mean --json\?\)\n\(add --help [^\n]*\)\n$/,
    );
  });
});
