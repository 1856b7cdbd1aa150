import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { fail, readJsonLines, succeed, temporaryFolder } from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const NUMBERS: Record<string, string> = { entailment: "2", contradiction: "10", neutral: "-1" };
const CLASSES: Record<string, string> = { entailment: "0", contradiction: "1", neutral: "2" };

/** The tiny pairs under other labels. */
function relabelled(label: (name: string, i: number) => string) {
  return tinyPairs().map((pair, i) => ({ ...pair, label: label(pair.label, i) }));
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const scratch = (train: string, out: string, ...more: string[]) => [
  "train",
  "--train",
  train,
  "--out",
  join(folder, out),
  ...TINY_SIZES,
  ...TINY_TRAINING,
  "--epochs",
  "1",
  ...more,
];

describe("a model of labels that are numbers", () => {
  const data = write("numbers.csv", toCsv(relabelled((name) => NUMBERS[name]!)));
  const model = join(folder, "numbers");
  let stderr: string;
  let stdout: string;

  beforeAll(async () => {
    ({ stdout, stderr } = await succeed(scratch(data, "numbers", "--test", data)));
  });

  test("has them in the order of numbers, and says what -1 is", () => {
    expect(stdout).toContain("3 labels: -1, 2, 10\n");
    expect(stderr).toContain("-1 is one of the labels; with --no-label -1 it stands for none\n");
  });

  test("writes probabilities in the order of its labels", async () => {
    const order = /"probabilities":\{"-1":[^,]*,"2":[^,]*,"10":[^,]*\}\}\n/;
    const answer = await succeed([
      "predict",
      "--model",
      model,
      "--json",
      "some otter waits",
      "no otter waits",
    ]);
    expect(answer.stdout).toMatch(order);
    expect(readFileSync(join(model, "predictions.jsonl"), "utf8")).toMatch(order);
    const text = await succeed(["predict", "--model", model, "some otter waits", "no otter waits"]);
    expect(text.stdout).toMatch(/^(?:-1|2|10) +-1 0\.\d+ {2}2 0\.\d+ {2}10 0\.\d+\n$/);
  });

  test("is evaluated and compared on what has a label, and says what has none", async () => {
    const gaps = write(
      "gaps.csv",
      toCsv(relabelled((name, i) => (i < 2 ? "-" : i < 5 ? "?" : NUMBERS[name]!))),
    );
    const { stdout, stderr } = await succeed([
      "evaluate",
      "--model",
      model,
      "--data",
      gaps,
      "--json",
      "--no-label",
      "?",
      "--no-label",
      "-",
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ examples: 31, skipped: 5 });
    expect(stderr).toBe(`${gaps}: 5 skipped without a label: "-" and "?"\n`);
    const compared = await succeed([
      "compare",
      model,
      model,
      "--data",
      gaps,
      "--json",
      "--no-label",
      "?",
      "--no-label",
      "-",
    ]);
    expect(JSON.parse(compared.stdout)).toMatchObject({ pairs: 31 });
    for (const command of [
      ["evaluate", "--model", model],
      ["compare", model, model],
    ]) {
      expect(await fail([...command, "--data", gaps])).toMatch(
        /gaps\.csv, row 4: unknown label "\?"; known labels: -1, 2, 10\. Where it stands for no label, name it as --no-label$/,
      );
    }
  });
});

describe("training", () => {
  test("skips -1 beside 0, 1, 2 in all data, with the pairs of the report, and says so", async () => {
    const gaps = relabelled((name, i) => (i % 9 === 0 ? "-1" : CLASSES[name]!));
    const rows = gaps.map((pair) => `${JSON.stringify({ ...pair, label: Number(pair.label) })}\n`);
    const data = write("gaps.jsonl", rows.join(""));
    const { stdout, stderr } = await succeed(scratch(data, "gaps", "--test", data));
    expect(stdout).toContain('read 32 train examples (4 skipped without a label: "-1")\n');
    expect(stdout).toContain('read 32 test examples (4 skipped without a label: "-1")\n');
    expect(stdout).toContain("3 labels: 0, 1, 2\n");
    expect(stderr).toContain("-1 stands for no label beside 0, 1, 2; with --no-label - it is a label\n");
    expect(readJsonLines(readFileSync(join(folder, "gaps", "predictions.jsonl"), "utf8"))).toHaveLength(32);
  });

  test.each([
    [
      "one label",
      () => "entailment",
      /every example has the label entailment; a classifier needs at least two labels$/,
    ],
    [
      "one label, and -1",
      (i: number) => (i ? "0" : "-"),
      /needs at least two labels; 1 skipped without a label: "-"$/,
    ],
    [
      "too many labels",
      (i: number) => `text ${i}`,
      /72 different labels in 72 examples, .* --label-column .* --many-labels$/,
    ],
    [
      "fractions for classes",
      (i: number) => String(i / 4),
      /numbers with fractions, such as 0\.25, .* --task regression, .* --many-labels$/,
    ],
  ])("refuses %s", async (name, label: (i: number) => string, message) => {
    const pairs = [...tinyPairs(), ...tinyPairs()].map((pair, i) => ({ ...pair, label: label(i) }));
    const data = write(`${name}.csv`, toCsv(pairs));
    expect(await fail(scratch(data, name, "--task", "classification"))).toMatch(message);
    expect(existsSync(join(folder, name))).toBe(false);
  });

  test("insists on many labels", async () => {
    const pairs = [...tinyPairs(), ...tinyPairs()].map((pair, i) => ({ ...pair, label: `text ${i}` }));
    const { stdout } = await succeed(scratch(write("many.csv", toCsv(pairs)), "many", "--many-labels"));
    expect(stdout).toContain(", 72 labels: text 0, text 1, ");
    expect(stdout).toContain(" and 52 more\n");
  });
});
