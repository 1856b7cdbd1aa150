import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Figures } from "../src/tasks/figures.js";
import { readBytes, readJsonLines, succeed, temporaryFolder } from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, TWO_EPOCHS_OF_EVENTS, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const data = join(folder, "pairs.csv");
const pairs = tinyPairs();
writeFileSync(data, toCsv(pairs));

function trainTo(out: string, ...flags: string[]) {
  const tiny = [...TINY_SIZES, ...TINY_TRAINING, "--epochs", "2"];
  return succeed(["train", "--train", data, "--test", data, ...tiny, "--out", join(folder, out), ...flags]);
}

describe("training from scratch", () => {
  let stdout: string;
  let stderr: string;
  let metrics: Record<string, unknown>[];

  beforeAll(async () => {
    ({ stdout, stderr } = await trainTo("model"));
    metrics = readJsonLines(readFileSync(join(folder, "model", "metrics.jsonl"), "utf8"));
  });

  test("leaves model, configuration, vocabulary, metrics, reports and checkpoints, and nothing else", () => {
    expect(readdirSync(join(folder, "model")).sort()).toEqual([
      "MODEL_CARD.md",
      "checkpoints",
      "config.json",
      "curves.svg",
      "metrics.jsonl",
      "model.safetensors",
      "predictions.jsonl",
      "report.html",
      "run.json",
      "tokenizer_config.json",
      "vocab.json",
    ]);
  });

  test("says what it read, how each epoch went, and ends with d2l's summary", () => {
    const number = String.raw`\d+\.\d{3}`;
    const figures = `loss ${number}, train acc ${number}, test acc ${number}`;
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toEqual([
      "read 36 train examples",
      "read 36 test examples",
      "vocabulary of 17 tokens, 3 labels: entailment, contradiction, neutral",
      "recipe: the book's: 2 epochs, batches of 12, learning rate 0.0001",
      expect.stringMatching(new RegExp(`^epoch 1/2: ${figures}$`)),
      expect.stringMatching(new RegExp(`^epoch 2/2: ${figures}$`)),
      expect.stringMatching(new RegExp(`^${figures}$`)),
      expect.stringMatching(/^\d+\.\d examples\/sec on 1 CPU thread$/),
      "",
      `The model and report.html are in ${join(folder, "model")}. Ask it yourself:`,
      `  node dist/cli/main.js predict --model ${join(folder, "model")} '${pairs[0]!.text}' '${pairs[0]!.textPair}'`,
    ]);
    expect(lines[5]).toBe(`epoch 2/2: ${lines[6]}`);
  });

  test("shows its progress on standard error", () => {
    expect(stderr).toMatch(/epoch 2\/2 +step 3\/3 +100% +loss .* accuracy .* examples\/s/);
  });

  test("describes the model in config.json", () => {
    expect(JSON.parse(readFileSync(join(folder, "model", "config.json"), "utf8"))).toEqual({
      format: "tunebert",
      version: 1,
      vocabularySize: 17,
      hidden: 16,
      ffn: 32,
      heads: 2,
      blocks: 1,
      maxPositions: 512,
      labels: ["entailment", "contradiction", "neutral"],
      maxLength: 16,
      truncation: "longest-first",
      texts: 2,
    });
  });

  test("writes a line of metrics for each step, one for each epoch after its steps, and one at the end", () => {
    expect(metrics.map(({ event }) => event).filter((event) => event !== "checkpoint")).toEqual(
      TWO_EPOCHS_OF_EVENTS,
    );
    const steps = metrics.filter(({ event }) => event === "step");
    expect(steps).toEqual(
      steps.map((_, i) => ({
        event: "step",
        step: i + 1,
        loss: expect.any(Number),
        learningRate: 1e-4,
        examples: 12,
        seconds: expect.any(Number),
      })),
    );
    expect(Object.keys(metrics.find(({ event }) => event === "epoch")!)).toEqual([
      "event",
      "epoch",
      "train",
      "test",
      "best",
      "examplesPerSecond",
    ]);
  });

  test("reports the same figures everywhere", () => {
    const steps = metrics.slice(0, 3) as { loss: number }[];
    const { train, test: tested } = metrics[3] as unknown as { train: Figures; test: Figures };
    expect(train.loss).toBeCloseTo(steps.reduce((sum, { loss }) => sum + loss, 0) / 3, 12);
    expect(Object.keys(tested)).toEqual(["loss", "accuracy", "macroF1", "matthews"]);
    const shown = [train.loss, train.accuracy, tested.accuracy].map((x) => x!.toFixed(3));
    expect(stdout).toContain(`epoch 1/2: loss ${shown[0]}, train acc ${shown[1]}, test acc ${shown[2]}\n`);
  });

  test("draws the curves", () => {
    const svg = readFileSync(join(folder, "model", "curves.svg"), "utf8");
    expect(svg).toMatch(/^<svg/);
    for (const name of ["train loss", "train acc", "test acc"]) expect(svg.toLowerCase()).toContain(name);
  });

  test("with the same seed and number of threads gives the same bytes", async () => {
    await trainTo("again");
    const files = ["model.safetensors", "vocab.json", "config.json"];
    for (const file of files) {
      expect(readBytes(folder, "again", file)).toEqual(readBytes(folder, "model", file));
    }
    // When a checkpoint is on the disk is told between whatever steps are made meanwhile.
    const lossesOf = (events: typeof metrics) =>
      events.flatMap(({ event, loss }) => (event === "step" ? [loss] : []));
    const again = readJsonLines(readFileSync(join(folder, "again", "metrics.jsonl"), "utf8"));
    expect(lossesOf(again)).toEqual(lossesOf(metrics));
  });

  test("with the same seed and two threads gives the same bytes", async () => {
    await trainTo("two-threads", "--threads", "2");
    await trainTo("two-threads-again", "--threads", "2");
    expect(readBytes(folder, "two-threads-again", "model.safetensors")).toEqual(
      readBytes(folder, "two-threads", "model.safetensors"),
    );
  });

  test("with another seed gives another model", async () => {
    await trainTo("other-seed", "--seed", "1");
    expect(readBytes(folder, "other-seed", "model.safetensors")).not.toEqual(
      readBytes(folder, "model", "model.safetensors"),
    );
  });
});

test("a model that has trained long enough knows its pairs", async () => {
  const { stdout } = await trainTo(
    "trained",
    "--epochs",
    "30",
    "--learning-rate",
    "1e-2",
    "--embedding-std",
    "0.1",
  );
  expect(stdout).toMatch(/^loss .*, test acc 1\.000$/m);
});

test("a run without a test set reports no test accuracy", async () => {
  const out = join(folder, "untested");
  const flags = [...TINY_SIZES, ...TINY_TRAINING, "--epochs", "1"];
  const { stdout } = await succeed(["train", "--train", data, ...flags, "--out", out]);
  expect(stdout).toMatch(/^loss \d+\.\d{3}, train acc \d+\.\d{3}$/m);
  const epoch = readJsonLines(readFileSync(join(out, "metrics.jsonl"), "utf8")).find(
    ({ event }) => event === "epoch",
  );
  expect(epoch).not.toHaveProperty("test");
});

test("--limit takes the first pairs only, --min-frequency the frequent words, --overwrite an old model's place", async () => {
  await trainTo("changed");
  const flags = ["--limit", "5", "--min-frequency", "4", "--vocab-size", "30", "--overwrite"];
  const { stdout } = await trainTo("changed", ...flags);
  expect(stdout).toContain("read 5 train examples\n");
  // otter, waits and the, beside the special tokens
  expect(stdout).toContain("vocabulary of 8 tokens");
  const config = JSON.parse(readFileSync(join(folder, "changed", "config.json"), "utf8"));
  expect(config.vocabularySize).toBe(30);
});

test("columns may have any names, and rows without a label are skipped and counted", async () => {
  const file = join(folder, "named.tsv");
  const rows = tinyPairs().map(({ text, textPair, label }) => [label, textPair, text]);
  const table = [["verdict", "claim", "text"], ...rows, ["", "some otter", "no otter"]];
  writeFileSync(file, table.map((row) => row.join("\t")).join("\n"));
  const columns = ["--premise-column", "text", "--hypothesis-column", "claim", "--label-column", "verdict"];
  const flags = [...TINY_SIZES, ...TINY_TRAINING, "--epochs", "1", "--out", join(folder, "named")];
  const { stdout } = await succeed(["train", "--train", file, ...columns, ...flags]);
  expect(stdout).toContain("read 36 train examples (1 skipped without a label)\n");
});
