/** A model that answers with any of its labels, through every command. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { fail, readJsonLines, succeed, temporaryFolder, tunebert } from "./support/command.js";
import { TINY_SIZES } from "./support/tiny.js";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const write = (name: string, rows: readonly string[]) => {
  writeFileSync(at(name), rows.map((row) => `${row}\n`).join(""));
  return at(name);
};

/** Sentences whose labels are their adjectives: several, one or none. */
const ADJECTIVES = ["calm", "loud", "tall"];
const SETS = [[], ["calm"], ["loud"], ["tall"], ["calm", "tall"], ["loud", "tall"], ["calm", "loud", "tall"]];
const examples = ["otter", "heron", "baker", "pilot"].flatMap((who) =>
  SETS.map((labels) => ({ text: ["the", ...labels, who, "waits"].join(" "), label: labels })),
);
const lists = write(
  "lists.jsonl",
  examples.map((example) => JSON.stringify(example)),
);
const cells = write("cells.tsv", [
  "text\tlabel",
  ...examples
    .filter(({ label }) => label.length > 0)
    .map(({ text, label }) => `${text}\t${label.join(" | ")}`),
]);
const flags = write("flags.csv", [
  `text,${ADJECTIVES}`,
  ...examples.map(({ text, label }) => [text, ...ADJECTIVES.map((one) => +label.includes(one))].join()),
]);

const learning = [
  ...TINY_SIZES,
  "--recipe",
  "book",
  "--threads",
  "1",
  "--batch-size",
  "7",
  "--learning-rate",
  "0.02",
];
const training = ["train", "--train", lists, "--validation", lists, ...learning];
const flagColumns = ADJECTIVES.flatMap((name) => ["--label-columns", name]);
const out = at("model");
let printed: string;

beforeAll(async () => {
  ({ stdout: printed } = await succeed([...training, "--epochs", "6", "--out", out]));
});

const evaluated = async (model: string, data: string, columns: readonly string[] = []) => {
  const { stdout } = await succeed(["evaluate", "--model", model, "--data", data, ...columns, "--json"]);
  return JSON.parse(stdout);
};

test("is trained where labels are lists, says so, and is chosen by micro F1", () => {
  expect(printed).toContain("3 labels, of which any may apply: calm, loud, tall");
  expect(printed).toMatch(
    /epoch 6\/6: loss \d\.\d{3}, validation loss \d\.\d{3}, validation micro F1 \d\.\d{3}/,
  );
  const { task, labels, thresholds } = JSON.parse(readFileSync(join(out, "config.json"), "utf8"));
  expect({ task, labels }).toEqual({ task: "multi-label", labels: ADJECTIVES });
  expect(thresholds).toHaveLength(3);
});

test("learns what every form of the same labels says, to the same bytes", async () => {
  const model = (name: string, options: readonly string[]) =>
    succeed(["train", ...options, ...learning, "--epochs", "1", "--no-checkpoints", "--out", at(name)]);
  await model("of-flags", ["--train", flags, ...flagColumns]);
  await model("of-lists", ["--train", lists]);
  const [ofFlags, ofLists] = ["of-flags", "of-lists"].map((name) =>
    readFileSync(at(`${name}/model.safetensors`)),
  );
  expect(ofFlags!.equals(ofLists!)).toBe(true);
  await model("of-cells", ["--train", cells, "--label-separator", "|"]);
  expect((await evaluated(at("of-cells"), cells)).examples).toBe(24); // the separator is remembered
});

test("has labels by the numbers of their names, in the order of these", async () => {
  const names = ["tall", "calm", "loud"];
  const list = write("names.txt", [...names, ""]);
  const numbers = write(
    "numbers.tsv",
    examples.map(({ text, label }) => `${text}\t${label.map((one) => names.indexOf(one)).join(",") || "-1"}`),
  );
  const columns = ["--no-header", "--text-column", "1", "--label-column", "2", "--label-separator", ","];
  const numbered = ["--train", numbers, ...columns, "--label-names", list];
  await succeed(["train", ...numbered, ...learning, "--epochs", "1", "--out", at("numbered")]);
  const { labels } = JSON.parse(readFileSync(at("numbered/config.json"), "utf8"));
  expect(labels).toEqual(names);
  const { examples: measured, perLabel } = await evaluated(at("numbered"), numbers); // all of it is remembered
  expect([measured, perLabel[0]]).toEqual([28, expect.objectContaining({ label: "tall", support: 16 })]);
  const none = await fail(["train", ...numbered.slice(0, -1), at("none.txt"), "--out", at("x")]);
  expect(none).toContain("none.txt: there is no such file");
});

test("goes on to the bytes of a run that never stopped", async () => {
  const whole = at("whole");
  await succeed([...training, "--epochs", "7", "--out", whole]);
  await succeed([...training, "--epochs", "7", "--out", out, "--resume"]);
  for (const file of ["model.safetensors", "config.json", "predictions.jsonl"]) {
    expect(readFileSync(join(out, file)).equals(readFileSync(join(whole, file))), file).toBe(true);
  }
});

test("is measured label by label, the same from every form", async () => {
  const report = await evaluated(out, lists);
  expect(report).toMatchObject({ examples: 28, skipped: 0 });
  expect(report.microF1).toBeGreaterThan(0.9);
  expect(report.perLabel.map(({ support }: { support: number }) => support)).toEqual([12, 12, 16]);
  expect(await evaluated(out, flags, flagColumns)).toEqual(report);
  const { stdout } = await succeed(["evaluate", "--model", out, "--data", lists]);
  expect(stdout).toMatch(/^label +precision +recall +f1 +threshold +support\n/);
  expect(stdout).toMatch(/\nmicro f1 \d\.\d{3}, macro f1 \d\.\d{3}, exact match \d\.\d{3}, 28 examples\n$/);
});

describe("answers", () => {
  const asked = ["the loud tall otter waits", "the otter waits"];
  const ask = (format: string) =>
    succeed(["predict", "--model", out, "--format", format], { input: `${asked.join("\n")}\n` });

  test("with the labels that apply, or with a dash", async () => {
    const { stdout } = await ask("text");
    expect(stdout).toMatch(/^loud, tall {2}calm 0\.\d{3} {2}loud 0\.\d{3} {2}tall 0\.\d{3}\n- {2}calm 0/);
  });

  test("as JSON and as a table", async () => {
    const answers = readJsonLines((await ask("jsonl")).stdout);
    expect(answers).toMatchObject([{ text: asked[0], labels: ["loud", "tall"] }, { labels: [] }]);
    const [head, first] = (await ask("csv")).stdout.split("\n");
    expect(head).toBe("text,labels,probability of calm,probability of loud,probability of tall");
    expect(first).toMatch(/^the loud tall otter waits,"\[""loud"",""tall""\]",0\.\d{6},0\.\d{6},0\.\d{6}$/);
  });
});

test("is compared by exact matches, and with no model that answers otherwise", async () => {
  const other = at("other");
  await succeed([...training, "--epochs", "1", "--out", other, "--no-checkpoints"]);
  const { stdout: left } = await succeed(["compare", out, other]);
  expect(left).toMatch(/against .*: exact match -0\.\d{4}; only .* right \d+, only/);
  const { stdout: asked } = await succeed(["compare", out, other, "--data", lists, "--json"]);
  const { microF1 } = await evaluated(out, lists);
  expect(JSON.parse(asked).figures.microF1[0]).toBeCloseTo(microF1, 12);
  const one = write("one.csv", [
    "text,label",
    ...examples.map(({ text }, i) => `${text},${ADJECTIVES[i % 3]}`),
  ]);
  await succeed(["train", "--train", one, "--test", one, ...learning, "--epochs", "1", "--out", at("one")]);
  expect(await fail(["compare", out, at("one")])).toContain("answers with any of calm, loud, tall, but");
});

test("is reported with its thresholds instead of confusions", () => {
  const page = readFileSync(join(out, "report.html"), "utf8");
  expect(page).toContain("tells which labels texts have");
  expect(page).toContain('<h2 id="labels">Labels</h2>');
  expect(page).not.toMatch(/Confusion|Calibration|undefined|NaN/);
  const card = readFileSync(join(out, "MODEL_CARD.md"), "utf8");
  expect(card).toContain("any of 3 labels (`calm`, `loud`, `tall`), several or none");
  expect(card).toContain("The thresholds were chosen on these very examples");
  expect(card).not.toMatch(/undefined|NaN/);
});

test("wrong usage is told", async () => {
  const both = [
    "train",
    "--train",
    flags,
    "--label-columns",
    "calm",
    "--label-column",
    "calm",
    "--out",
    at("x"),
  ];
  const { code, stderr } = await tunebert(both);
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/--label-columns <name>' cannot be used with option '--label-column <name>'/),
  ]);
  expect(await fail(["train", "--train", lists, "--task", "classification", "--out", at("x")])).toContain(
    "row 1: a list of labels, but --task is classification; learn any labels with --task multi-label",
  );
  const weighted = [...training, "--class-weights", "balanced", "--out", at("x")];
  expect(await fail(weighted)).toContain("--class-weights is for one label of several");
});
