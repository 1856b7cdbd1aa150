import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { succeed, temporaryFolder, tunebert } from "./support/command.js";
import { writePretrained } from "./support/tiny.js";

const folder = temporaryFolder();

test("--version prints the package's version", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect((await succeed(["--version"])).stdout).toBe(`${version}\n`);
});

test("--help lists the commands", async () => {
  const { stdout, stderr } = await succeed(["--help"]);
  for (const command of ["train", "evaluate", "predict", "inspect", "demo"]) {
    expect(stdout).toMatch(new RegExp(`^ +${command} `, "m"));
  }
  expect(stderr).toBe("");
});

describe("--help of a command gives each of its flags a line", () => {
  test.each([
    [
      "train",
      [
        ...["train", "test", "limit", "max-length", "premise-column", "hypothesis-column", "label-column"],
        ...["pretrained", "heads", "hidden", "ffn", "blocks", "vocab-size", "min-frequency", "embedding-std"],
        ...["batch-size", "accumulate", "epochs", "learning-rate", "schedule", "warmup", "weight-decay"],
        ...["clip-norm", "dropout", "label-smoothing", "class-weights", "freeze", "no-shuffle", "seed"],
        ...["threads", "validation", "metric", "patience"],
        ...["out", "overwrite"],
      ],
    ],
    ["evaluate", ["model", "data", "json", "threads", "label-column"]],
    ["predict", ["model", "data", "json", "threads", "premise-column"]],
    ["inspect", ["json"]],
    ["demo", ["pairs", "out", "seed", "threads"]],
  ])("%s", async (command, flags) => {
    const { stdout } = await succeed([command, "--help"]);
    expect(stdout).toContain(`Usage: tunebert ${command}`);
    for (const flag of flags) expect(stdout).toMatch(new RegExp(`^ +--${flag}\\b.* {2}\\S`, "m"));
  });
});

test("--help of train names the defaults of d2l", async () => {
  const { stdout } = await succeed(["train", "--help"]);
  const text = stdout.replace(/\s+/g, " ");
  for (const line of [
    "--max-length <n> longest input in tokens; longer texts are truncated (default: 128)",
    "--batch-size <n> examples per batch (default: the recipe's; the book's is 512)",
    "--epochs <n> passes over the training examples (default: the recipe's; the book's is 5)",
    "--learning-rate <x> of Adam (default: the recipe's; the book's is 0.0001)",
    "--dropout <p> probability of dropping (default: the model's own, or 0.1)",
    "--schedule <name> what becomes of the learning rate until the last step (default: " +
      'the recipe\'s; the book\'s is constant) (choices: "constant", "linear", "cosine")',
    "--weight-decay <x> of AdamW; 0 is plain Adam (default: 0)",
  ]) {
    expect(text).toContain(line);
  }
});

describe("wrong usage exits with 2, says why, and touches nothing", () => {
  const out = ["--out", join(folder, "out")];
  const train = ["train", "--train", "pairs.csv", ...out];

  test.each([
    ["no command", [], "Usage: tunebert"],
    ["an unknown command", ["tame"], "unknown command 'tame'"],
    ["an unknown flag", [...train, "--epoch", "3"], "unknown option '--epoch'"],
    ["no training file", ["train", ...out], "required option '--train <file>' not specified"],
    ["no output folder", ["train", "--train", "pairs.csv"], "required option '--out <folder>' not specified"],
    ["no model to evaluate", ["evaluate", "--data", "pairs.csv"], "required option '--model <folder>'"],
    ["no file to inspect", ["inspect"], "missing required argument 'file'"],
    ["no epochs", [...train, "--epochs", "0"], "'0' is invalid. Expected a whole number of at least 1"],
    ["half a batch", [...train, "--batch-size", "1.5"], "'1.5' is invalid. Expected a whole number"],
    [
      "no room for a word",
      [...train, "--max-length", "2"],
      "'2' is invalid. Expected a whole number of at least 3",
    ],
    ["a word for a number", [...train, "--hidden", "wide"], "'wide' is invalid. Expected a whole number"],
    ["a negative seed", [...train, "--seed", "-1"], "'-1' is invalid. Expected a whole number"],
    ["no learning rate", [...train, "--learning-rate", "0"], "'0' is invalid. Expected a number above 0"],
    ["an infinite learning rate", [...train, "--learning-rate", "Infinity"], "Expected a number above 0"],
    ["dropping everything", [...train, "--dropout", "1"], "'1' is invalid. Expected a number from 0"],
    [
      "an unknown schedule",
      [...train, "--schedule", "steps"],
      "Allowed choices are constant, linear, cosine",
    ],
    ["a step and a half of warm-up", [...train, "--warmup", "1.5"], "or a fraction below 1"],
    [
      "negative decay",
      [...train, "--weight-decay", "-1"],
      "'-1' is invalid. Expected a number of at least 0",
    ],
    ["clipping to nothing", [...train, "--clip-norm", "0"], "'0' is invalid. Expected a number above 0"],
    [
      "smoothing everything",
      [...train, "--label-smoothing", "1"],
      "'1' is invalid. Expected a number from 0",
    ],
    ["a class weight of 0", [...train, "--class-weights", "yes=0"], "label=weight with a weight above 0"],
    ["two class weights", [...train, "--class-weights", "yes=1", "yes=2"], "There are two weights for yes"],
    [
      "balance and weights",
      [...train, "--class-weights", "balanced", "yes=2"],
      "Expected equal or balanced alone",
    ],
    [
      "freezing an unknown part",
      [...train, "--freeze", "output"],
      "Expected nothing, embeddings, encoder, or a number",
    ],
    ["patience with nothing", [...train, "--patience", "1"], "--patience needs examples to measure on"],
    [
      "a lesson without a teacher",
      [...train, "--teacher-weight", "0.8"],
      "--teacher-weight is of no use without a teacher; give one with --teacher",
    ],
    ["a metric of nothing", [...train, "--metric", "loss"], "--metric needs examples to measure on"],
    ["three texts to predict", ["predict", "--model", "nli", "a", "b", "c"], "too many arguments"],
    [
      "texts and a file to predict",
      ["predict", "--model", "nli", "a", "b", "--data", "c.tsv"],
      "give texts or --data, not both",
    ],
    [
      "a size for a model that has its own",
      [...train, "--pretrained", writePretrained(join(folder, "pretrained")), "--hidden", "8"],
      "--hidden is for a model from scratch",
    ],
  ])("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await tunebert(args);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe("");
    expect(code).toBe(2);
    expect(readdirSync(folder)).toEqual(["pretrained"]);
  });
});
