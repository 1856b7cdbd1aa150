import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Figures } from "../src/tasks/figures.js";
import { readBytes, readJsonLines, succeed, temporaryFolder } from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const data = join(folder, "pairs.csv");
const test9 = join(folder, "test pairs.csv");
const model = join(folder, "model");
const flags = ["--train", data, ...TINY_SIZES, ...TINY_TRAINING, "--epochs", "2"];

const read = (name: string, out = model) => readFileSync(join(out, name), "utf8");

describe("a run with test pairs", () => {
  let evaluated: Record<string, unknown>;

  beforeAll(async () => {
    writeFileSync(data, toCsv(tinyPairs()));
    writeFileSync(test9, `${toCsv(tinyPairs().slice(0, 9))}unlabelled <i>pair</i>,some otter,\n`);
    await succeed(["train", ...flags, "--test", test9, "--out", model, "--tensorboard"]);
    evaluated = JSON.parse((await succeed(["evaluate", "--model", model, "--data", test9, "--json"])).stdout);
  });

  test("leaves what the saved model answers to them", () => {
    const answers = readJsonLines(read("predictions.jsonl"));
    expect(answers.map(({ text, textPair, trueLabel }) => [text, textPair, trueLabel])).toEqual(
      tinyPairs()
        .slice(0, 9)
        .map(({ text, textPair, label }) => [text, textPair, label]),
    );
    const right = answers.filter(({ trueLabel, predictedLabel }) => trueLabel === predictedLabel).length;
    expect(right / 9).toBe(evaluated.accuracy);
  });

  test("leaves a record of how it was made and what it reached", () => {
    const run = JSON.parse(read("run.json"));
    const { accuracy, perClass, macroF1, confusion } = evaluated;
    expect(run).toMatchObject({
      name: "model",
      tunebert: JSON.parse(readFileSync("package.json", "utf8")).version,
      model: { labels: ["entailment", "contradiction", "neutral"], hidden: 16, maxLength: 16 },
      settings: { batchSize: 12, epochs: 2, learningRate: 1e-4, minFrequency: 2 },
      data: {
        train: { name: "pairs.csv", sha256: sha256(readBytes(data)), pairs: 36, skipped: 0 },
        test: { name: "test pairs.csv", sha256: sha256(readBytes(test9)), pairs: 9, skipped: 1 },
      },
      training: { epochs: 2, steps: 6, threads: 1 },
      evaluation: { data: "test", examples: 9, accuracy, perClass, macroF1, confusion },
    });
    const steps = readJsonLines(read("metrics.jsonl")).filter(({ event }) => event === "step");
    const seconds = steps.reduce((sum, step) => sum + (step.seconds as number), 0);
    expect(run.training.seconds).toBeCloseTo(seconds, 6);
  });

  test("leaves a report and a model card with the same figures", () => {
    const accuracy = evaluated.accuracy as number;
    expect(read("report.html")).toContain(`<dd>${(accuracy * 100).toFixed(1)} %<small>`);
    expect(read("report.html")).toContain("The most confident mistakes");
    expect(read("MODEL_CARD.md")).toContain(`\n      value: ${accuracy}\n`);
  });

  test("leaves files for TensorBoard", () => {
    const files = readdirSync(join(model, "tensorboard"));
    expect(files).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d{13}\.tunebert$/)]);
    const events = read(join("tensorboard", files[0]!));
    expect(events.match(/train\/loss/g)).toHaveLength(6);
    expect(events.match(/test\/accuracy/g)).toHaveLength(2);
  });
});

test("a run with validation pairs alone reports on them, and on the model that they chose", async () => {
  const out = join(folder, "validated");
  const flags5 = ["--epochs", "5", "--learning-rate", "1e-2"];
  await succeed(["train", ...flags, ...flags5, "--validation", test9, "--out", out]);
  const epochs = readJsonLines(read("metrics.jsonl", out)).filter(({ event }) => event === "epoch");
  const accuracyOf = ({ validation }: Record<string, unknown>) => (validation as Figures).accuracy!;
  const best = Math.max(...epochs.map(accuracyOf));
  const run = JSON.parse(read("run.json", out));
  expect(run.evaluation).toMatchObject({ data: "validation", examples: 9, accuracy: best });
  expect(run.training.savedEpoch).toBe(epochs.find((epoch) => accuracyOf(epoch) === best)!.epoch);
  expect(run.data.validation).toMatchObject({ name: "test pairs.csv", pairs: 9 });
  expect(read("report.html", out)).toMatch(/Learning curves, ending at train loss [\d.]+, validation loss/);
  expect(read("MODEL_CARD.md", out)).toContain("split: validation");
});

test("a run without test pairs leaves a report that says so, and nothing of the run before it", async () => {
  const out = join(folder, "untested");
  await succeed(["train", ...flags, "--test", test9, "--out", out, "--tensorboard"]);
  await succeed(["train", ...flags, "--out", out, "--overwrite"]);
  expect(read("report.html", out)).toContain("neither test nor validation examples");
  expect(JSON.parse(read("run.json", out))).not.toHaveProperty("evaluation");
  expect(existsSync(join(out, "predictions.jsonl"))).toBe(false);
  expect(existsSync(join(out, "tensorboard"))).toBe(false);
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
