/** The commands with single texts instead of pairs: they are told from pairs by the columns, and by the model. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { fail, readJsonLines, succeed, temporaryFolder, tunebert } from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const [data, pairs, model] = [at("reviews.csv"), at("pairs.csv"), at("model")];
const TEXTS = tinyPairs().map(({ textPair, label }) => ({ text: textPair, label }));

beforeAll(async () => {
  writeFileSync(data, `text,label\n${TEXTS.map(({ text, label }) => `${text},${label}\n`).join("")}`);
  writeFileSync(pairs, toCsv(tinyPairs()));
  const flags = [...TINY_SIZES, ...TINY_TRAINING, "--epochs", "16", "--learning-rate", "1e-2"];
  const started = ["train", "--train", data, "--test", data, ...flags, "--embedding-std", "0.1"];
  const { stdout } = await succeed([...started, "--out", model]);
  expect(stdout).toContain("read 36 train examples (of one text each)\n");
});

test("train keeps that the model is one of single texts, and reports on it so", async () => {
  expect(JSON.parse(readFileSync(join(model, "config.json"), "utf8"))).toMatchObject({ texts: 1 });
  expect(JSON.parse(readFileSync(join(model, "run.json"), "utf8"))).toMatchObject({
    model: { texts: 1 },
    evaluation: { examples: 36, byOverlap: [] },
  });
  const answers = readJsonLines(readFileSync(join(model, "predictions.jsonl"), "utf8"));
  expect(answers.map(({ text, textPair }) => [text, textPair])).toEqual(
    TEXTS.map(({ text }) => [text, undefined]),
  );
  expect(readFileSync(join(model, "MODEL_CARD.md"), "utf8")).not.toMatch(/two texts|of pairs|textPair/);
});

test("evaluate and compare answer single texts, and learnt them", async () => {
  const { stdout } = await succeed(["evaluate", "--model", model, "--data", data, "--json"]);
  const { examples, accuracy } = JSON.parse(stdout);
  expect(examples).toBe(36);
  expect(accuracy).toBeGreaterThan(0.9);
  for (const flags of [[], ["--data", data]]) {
    const compared = await succeed(["compare", model, model, "--json", ...flags]);
    expect(JSON.parse(compared.stdout)).toMatchObject({ figures: { accuracy: [accuracy, accuracy] } });
  }
});

test("predict answers one argument, a file, and lines without tabs, alike", async () => {
  const ask = async (args: string[], input = "") =>
    readJsonLines((await succeed(["predict", "--model", model, "--json", ...args], { input })).stdout);
  const fromFile = await ask(["--data", data]);
  expect(fromFile.map(({ text }) => text)).toEqual(TEXTS.map(({ text }) => text));
  expect(Object.keys(fromFile[0]!)).toEqual(["text", "label", "probabilities"]);
  expect(await ask([], TEXTS.map(({ text }) => `${text}\n`).join(""))).toEqual(fromFile);
  expect(await ask([TEXTS[0]!.text])).toMatchObject([{ label: fromFile[0]!.label }]);
});

test("pairs are refused where the model is one of single texts, and the other way round", async () => {
  const { code, stderr } = await tunebert(["predict", "--model", model, "a", "b"]);
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining("the model is one of single texts: give one text"),
  ]);
  expect((await tunebert(["predict", "--model", model], { input: "a\tb\n" })).stderr).toMatch(
    /^not answered: standard input, row 1: expected one text without a tab, found 1 tab; give one text a line$/m,
  );
  for (const command of ["predict", "evaluate"]) {
    expect(await fail([command, "--model", model, "--data", pairs])).toMatch(
      /pairs\.csv, row 2: two texts, but the model is one of single texts; give one text, or take a model of pairs$/,
    );
  }
  const training = [...TINY_SIZES, ...TINY_TRAINING, "--out", at("never")];
  expect(await fail(["train", "--train", pairs, "--test", data, ...training])).toMatch(
    /reviews\.csv, row 2: one text, but the model is one of pairs; name the column .* --text-pair-column, or take/,
  );
});
