/** A model that answers with numbers, through every command. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { fail, succeed, temporaryFolder } from "./support/command.js";
import { TINY_SIZES } from "./support/tiny.js";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const write = (name: string, text: string) => {
  writeFileSync(at(name), text);
  return at(name);
};

/** Sentences whose number is the sum of what their words are worth. */
const WORTH = { calm: 0.5, loud: 1.25, tall: 2, merry: 3.5 };
const rows = ["otter", "heron", "baker", "pilot"].flatMap((who) =>
  Object.entries(WORTH).flatMap(([how, worth]) => [
    `the ${how} ${who} waits,${worth}\n`,
    `the ${how} ${who} sings,${worth + 0.75}\n`,
  ]),
);
const data = write("numbers.csv", `text,score\n${rows.join("")}`);
const columns = ["--text-column", "text", "--label-column", "score"];
const training = [
  ...["train", "--train", data, "--test", data, ...columns, ...TINY_SIZES, "--min-frequency", "1"],
  ...["--recipe", "book", "--threads", "1", "--batch-size", "8", "--learning-rate", "0.01"],
];
const out = at("model");
let printed: string;

beforeAll(async () => {
  ({ stdout: printed } = await succeed([...training, "--epochs", "3", "--out", out]));
});

test("is trained where labels have fractions, and says so", () => {
  expect(printed).toContain("answers are numbers, from 0.5 to 4.25, since labels have fractions");
  expect(printed).toMatch(/epoch 3\/3: loss \d+\.\d{3}, test pearson -?\d\.\d{3}/);
});

test("goes on to the bytes of a run that never stopped", async () => {
  const whole = at("whole");
  await succeed([...training, "--epochs", "4", "--out", whole]);
  await succeed([...training, "--epochs", "4", "--out", out, "--resume"]);
  const weightsOf = (model: string) => readFileSync(join(model, "model.safetensors"));
  expect(weightsOf(out).equals(weightsOf(whole))).toBe(true);
});

test("answers with numbers", async () => {
  const { stdout: line } = await succeed(["predict", "--model", out, "the tall otter sings"]);
  const { stdout: json } = await succeed([
    "predict",
    "--model",
    out,
    "--data",
    data,
    ...columns.slice(0, 2),
    "--json",
  ]);
  const answers = json
    .trim()
    .split("\n")
    .map((answer) => JSON.parse(answer));
  expect(answers).toHaveLength(rows.length);
  expect(answers.find(({ text }) => text === "the tall otter sings")?.number).toBe(Number(line));
});

test("is measured and compared", async () => {
  const { stdout: json } = await succeed(["evaluate", "--model", out, "--data", data, ...columns, "--json"]);
  const { pearson, examples, meanSquaredError } = JSON.parse(json);
  expect([examples, pearson > 0.5, meanSquaredError < 5]).toEqual([rows.length, true, true]);
  const other = at("other");
  await succeed([...training, "--epochs", "1", "--seed", "1", "--out", other, "--no-checkpoints"]);
  const { stdout: left } = await succeed(["compare", out, other, "--json"]);
  const { stdout: asked } = await succeed(["compare", out, other, "--data", data, ...columns, "--json"]);
  const [recorded, now] = [left, asked].map((text) => JSON.parse(text));
  expect(recorded.figures.meanSquaredError[0]).toBeCloseTo(meanSquaredError, 4);
  expect(now.tests[0]).toMatchObject({ pairs: rows.length, first: out, second: other });
  expect(now.figures.pearson[0]).toBeCloseTo(pearson, 6);
});

test("is reported with its guesses instead of labels", () => {
  const page = readFileSync(join(out, "report.html"), "utf8");
  expect(page).toContain("gives texts a number");
  expect(page).toContain('<h2 id="guesses">Guesses and true numbers</h2>');
  expect(page).toContain("The largest errors");
  expect(page).not.toMatch(/Confusion|Calibration|undefined|NaN/);
  const card = readFileSync(join(out, "MODEL_CARD.md"), "utf8");
  expect(card).toContain("it answers with a number");
  expect(card).not.toMatch(/undefined|NaN|labels? \(/);
});

describe("is refused", () => {
  test.each([
    [
      "a text that is no number",
      "text,score\na,1\nb,x\n",
      ["--task", "regression"],
      /row 3: "x" is no number/,
    ],
    ["one number for all", "text,score\na,1.5\nb,1.5\n", [], /every example has the number 1\.5/],
    [
      "class weights",
      "text,score\na,1.5\nb,2\n",
      ["--class-weights", "balanced"],
      /--class-weights is for one label of several/,
    ],
    ["numbers as classes", "text,score\na,1.5\nb,2\n", ["--task", "classification"], /--task regression/],
  ])("%s", async (_, text, options, message) => {
    const file = write("refused.csv", text);
    const none = at("none");
    expect(
      await fail(["train", "--train", file, ...columns, ...TINY_SIZES, ...options, "--out", none]),
    ).toMatch(message);
    expect(existsSync(join(none, "model.safetensors"))).toBe(false);
  });

  test("by a command that asks for labels", async () => {
    const labelled = write("labelled.csv", "text,score\na,good\n");
    expect(await fail(["evaluate", "--model", out, "--data", labelled, ...columns])).toMatch(
      /"good" is no number/,
    );
  });
});
