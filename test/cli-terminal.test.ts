import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { serializeSafetensors } from "../src/weights/safetensors.js";
import { type Ran, readJsonLines, tunebert as run, temporaryFolder } from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING } from "./support/tiny.js";

/** Clears a terminal, sets its title, begins a line of its own in four ways, and turns the direction of writing. */
const HOSTILE = "\u001b[2J\u009d0;t\u0007\u007f\ntunebert: all is well\u0085\u2028\u2029\rx\u202ey";
const SHOWN =
  "\\u001b[2J\\u009d0;t\\u0007\\u007f\\u000atunebert: all is well\\u0085\\u2028\\u2029\\u000dx\\u202ey";

const root = temporaryFolder();
// A file's name may hold all of it but the slash.
const folder = join(root, HOSTILE);
const model = join(folder, "model");
const other = join(folder, "other");
const data = join(folder, "pairs.jsonl");
const weights = join(folder, "tensors.safetensors");
const training = [...TINY_SIZES, ...TINY_TRAINING, "--min-frequency", "1", "--epochs", "1"];
let trained: Ran;

/** Runs the command, and expects that a terminal obeys nothing of what it prints and that no line is forged. */
async function tunebert(...args: string[]): Promise<Ran> {
  const ran = await run(args);
  for (const text of [ran.stdout, ran.stderr]) {
    expect(text).not.toMatch(/[^\P{Cc}\n]|[\u2028\u2029\u202e]/u);
    expect(text).not.toMatch(/^tunebert: all is well/m);
    expect(text).not.toMatch(/^\s+at /m);
  }
  return ran;
}

beforeAll(async () => {
  mkdirSync(folder);
  const labels = [`${HOSTILE}1`, `${HOSTILE}2`];
  const pairs = Array.from({ length: 24 }, (_, i) => ({
    text: `otter ${HOSTILE} ${i % 2}`,
    textPair: `heron ${HOSTILE}`,
    label: labels[i % 2],
  }));
  writeFileSync(data, pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(""));
  const tensor = { type: "float32", shape: [1], data: Float32Array.of(1) } as const;
  writeFileSync(
    weights,
    serializeSafetensors(
      new Map([
        [HOSTILE, tensor],
        ["b", tensor],
      ]),
    ),
  );
  trained = await train(model);
  await train(other);
});

async function train(out: string): Promise<Ran> {
  const files = ["--train", data, "--validation", data, "--test", data, "--out", out];
  const ran = await tunebert("train", ...files, ...training);
  expect(ran.code, ran.stderr).toBe(0);
  return ran;
}

describe("what is printed for people is shown escaped", () => {
  test("train: labels", () => {
    expect(trained.stdout).toContain(`2 labels: ${SHOWN}1, ${SHOWN}2\n`);
  });

  test("predict: labels, in columns as wide as they are shown", async () => {
    const { stdout } = await tunebert("predict", "--model", model, `a ${HOSTILE}`, "b");
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^\S[^\n]*[12] {2}\S[^\n]*1 0\.\d{3} {2}\S[^\n]*2 0\.\d{3}$/),
      "",
    ]);
    expect(stdout).toContain(`  ${SHOWN}1 0.`);
  });

  test("evaluate: labels, aligned", async () => {
    const { stdout } = await tunebert("evaluate", "--model", model, "--data", data);
    const [head, ...rows] = stdout.split("\n").slice(0, 3);
    const start = "\\u001b[2J\\u009d0;t\\u0007\\u007f";
    expect(rows.map((row) => row.startsWith(start))).toEqual([true, true]);
    expect(rows.map((row) => /…\S* ?\S*\\u000dx\\u202ey[12] /.test(row))).toEqual([true, true]);
    expect(rows.map((row) => row.length)).toEqual([head!.length, head!.length]);
  });

  test("compare: names of runs, and labels", async () => {
    const { stdout } = await tunebert("compare", model, other);
    const [head, ...rows] = stdout.split("\n").slice(0, 8);
    expect(head).toContain(SHOWN);
    for (const row of rows) expect(row).toHaveLength(head!.length);
    const lines = readFileSync(data, "utf8").replaceAll("}1", "}3").replaceAll(`y1"`, `y3"`);
    writeFileSync(join(folder, "unknown.jsonl"), lines);
    const { code, stderr } = await tunebert("compare", model, other, "--data", join(folder, "unknown.jsonl"));
    expect(code).toBe(1);
    expect(stderr).toContain(`unknown label "`);
  });

  test("inspect and convert: names of tensors and files", async () => {
    const { stdout } = await tunebert("inspect", weights);
    expect(stdout.split("\n").slice(0, 2)).toEqual([
      `${SHOWN}  float32  [1]`,
      `${"b".padEnd(SHOWN.length)}  float32  [1]`,
    ]);
    const converted = await tunebert("convert", weights, join(folder, "tensors.npz"));
    expect(converted.stdout).toContain(`${SHOWN}/tensors.npz: 2 tensors, npz\n`);
  });

  test("errors: names of files and columns, notices of damaged checkpoints, pretrained models", async () => {
    expect((await tunebert("inspect", data)).stderr).toContain(SHOWN);
    const columns = ["--label-column", HOSTILE];
    const { stderr } = await tunebert("evaluate", "--model", model, "--data", data, ...columns);
    expect(stderr).toMatch(
      /^tunebert: [^\n]*no column [^\n]*Name the right one as --label-column; [^\n]*--skip-bad-rows\n$/,
    );
    const checkpoints = readdirSync(join(other, "checkpoints"));
    for (const name of checkpoints) truncateSync(join(other, "checkpoints", name), 20);
    const resumed = await tunebert("train", "--train", data, ...training, "--out", other, "--resume");
    expect(resumed.stderr).toMatch(/trying the checkpoint before it\n/);
    for (const args of [
      ["predict", "--model", HOSTILE, "a", "b"],
      ["train", "--train", data, "--pretrained", folder, "--out", folder],
      ["fetch", HOSTILE, "--offline"],
    ]) {
      expect((await tunebert(...args)).code).toBe(1);
    }
  });

  test("wrong usage: what was typed", async () => {
    for (const args of [
      [HOSTILE],
      ["predict", `-x${HOSTILE}`, "b", "--model", model],
      ["train", "--train", data, "--out", "x", "--epochs", HOSTILE],
      ["convert", weights, HOSTILE],
    ]) {
      const { code, stderr } = await tunebert(...args);
      expect(code, stderr).toBe(2);
    }
  });
});

test("JSON is printed and written with escapes, and says what it said", async () => {
  const { stdout } = await tunebert("predict", "--model", model, `a ${HOSTILE}`, "b", "--json");
  const [answer] = readJsonLines(stdout);
  expect(answer!.text).toBe(`a ${HOSTILE}`);
  expect(Object.keys(answer!.probabilities as object)).toEqual([`${HOSTILE}1`, `${HOSTILE}2`]);
  const inspected = readJsonLines((await tunebert("inspect", weights, "--json")).stdout);
  expect(inspected.map(({ name }) => name)).toEqual([HOSTILE, "b"]);
  const report = JSON.parse((await tunebert("evaluate", "--model", model, "--data", data, "--json")).stdout);
  expect(report.perClass[0].label).toBe(`${HOSTILE}1`);
  for (const name of ["run.json", "predictions.jsonl", "metrics.jsonl", "MODEL_CARD.md"]) {
    expect(readFileSync(join(model, name), "utf8"), name).not.toMatch(/[^\P{Cc}\n]|[\u2028\u2029\u202e]/u);
  }
  expect(JSON.parse(readFileSync(join(model, "run.json"), "utf8")).model.labels[0]).toBe(`${HOSTILE}1`);
});
