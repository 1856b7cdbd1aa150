/** Files of pairs as other programs write them, through the commands that read them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { parserOf } from "../src/cli/add-options.js";
import { rowOptions } from "../src/data/options.js";
import { fail, readBytes, readJsonLines, succeed, temporaryFolder, tunebert } from "./support/command.js";
import { nearly } from "./support/nearly.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const model = join(folder, "model");
const pairs = tinyPairs();
const data = write("pairs.csv", toCsv(pairs));
const bad = write("bad.csv", `${toCsv(pairs)}one,cell too many,neutral,\n`);
const SKIPPED = "bad.csv: skipped 1 bad row (row 38: 4 columns, but the first row has 3)\n";

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const train = (file: string, out: string, ...flags: string[]) => {
  const training = [...TINY_SIZES, ...TINY_TRAINING, "--epochs", "1", "--min-frequency", "1"];
  return ["train", "--train", file, ...training, "--out", out, ...flags];
};

let losses: unknown[];
const lossesOf = (stdout: string) => readJsonLines(stdout).map(({ loss, train }) => loss ?? train);

beforeAll(async () => {
  const flags = ["--test", data, "--skip-bad-rows", "--log-format", "json"];
  const { stdout, stderr } = await succeed(train(bad, model, ...flags));
  expect(stderr).toContain(SKIPPED);
  losses = lossesOf(stdout);
});

describe("a bad row", () => {
  test.each([
    ["evaluate", "--model", model, "--data", bad],
    ["compare", model, model, "--data", bad],
    ["predict", "--model", model, "--data", bad],
  ])("is skipped and counted on demand: %s", async (...args) => {
    const { stdout, stderr } = await succeed([...args, "--skip-bad-rows", "--json"]);
    expect(stderr).toContain(SKIPPED);
    expect(stdout).not.toBe("");
    const { code, stderr: told } = await tunebert(args);
    expect(told).toMatch(/bad\.csv, row 38: 4 columns, but the first row has 3; repair or delete the row/);
    expect(code).toBe(1);
  });

  test("of a file to predict is told, and the others are answered", async () => {
    const { code, stdout, stderr } = await tunebert(["predict", "--model", model, "--data", bad]);
    expect(stdout.trimEnd().split("\n")).toHaveLength(pairs.length);
    expect(stderr).toMatch(/^not answered: .*bad\.csv, row 38: 4 columns/);
    expect(stderr).toMatch(
      /\ntunebert: 1 row could not be read and has no answer; all others are answered\n$/,
    );
    expect(code).toBe(1);
  });

  test("of standard input is none, as answers come in the order of its lines", async () => {
    const { code, stderr } = await tunebert(["predict", "--model", model, "--skip-bad-rows"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--skip-bad-rows is for the file of --data");
  });
});

describe("standard input", () => {
  const ask = async (input: string | Uint8Array) =>
    readJsonLines((await succeed(["predict", "--model", model, "--json"], { input })).stdout);

  test("is read whatever it begins with, however it is encoded and its lines end", async () => {
    const text = pairs
      .slice(0, 3)
      .map(({ text, textPair }) => `${text}\t${textPair}\n`)
      .join("");
    const answers = await ask(text);
    expect(answers).toHaveLength(3);
    const inputs = [
      `\ufeff${text}`,
      gzipSync(Buffer.from(`\ufeff${text.replaceAll("\n", "\r").trimEnd()}`, "utf16le")),
      text.replaceAll("\n", "\r\r\n  \r\n"),
    ];
    for (const input of inputs) {
      expect(await ask(input)).toEqual(answers.map(nearly));
    }
  });

  test("that is no text is refused by its name", async () => {
    const message = await fail(["predict", "--model", model], { input: "PK\x03\x04 and more" });
    expect(message).toContain("standard input is a zip archive");
  });
});

test("a packed table with semicolons, quotes and other names trains the same model as the plain one", async () => {
  const rows = pairs.map(({ text, textPair, label }) => `${label};"${text}";${textPair}`);
  const packed = gzipSync(["\ufeffLabels;Text_A;Text_B", ...rows].join("\r\n"));
  const trained = await succeed(
    train(write("other.csv.gz", packed), join(folder, "packed"), "--log-format", "json"),
  );
  expect(lossesOf(trained.stdout)).toEqual(losses);
});

describe("quotes and delimiters", () => {
  const quoted = write("quoted.tsv", 'premise\thypothesis\tlabel\n"a b"\t"c"\t"yes"\n"d"\t"e"\tno\n');

  test("in a .tsv get a hint, and are read with --quotes", async () => {
    const plain = await succeed(train(quoted, join(folder, "quotes")));
    expect(plain.stdout).toContain('2 labels: "yes", no');
    expect(plain.stderr).toMatch(/quoted\.tsv: the column "premise" has cells between quotes.*\(--quotes\)/);
    const read = await succeed(train(quoted, join(folder, "no-quotes"), "--quotes"));
    expect(read.stdout).toContain("2 labels: no, yes");
    expect(read.stderr).not.toContain("quotes");
  });

  test("--delimiter takes a character, and tab by its name", async () => {
    const parse = parserOf(rowOptions.delimiter.kind);
    expect([";", "tab", "\\t", "\t"].map((text) => parse(text))).toEqual([";", "\t", "\t", "\t"]);
    for (const wrong of ["", "::", '"', "\n"])
      expect(() => parse(wrong)).toThrow("Expected one ASCII character");
    const colons = write("colons.csv", "premise:hypothesis:label\na:b:x\nc:d:y\n");
    const { stdout } = await succeed(train(colons, join(folder, "colons"), "--delimiter", ":"));
    expect(stdout).toContain("read 2 train");
  });
});

test("the present folder is no data set because there is a file for training in it", async () => {
  write("train.csv", toCsv(pairs));
  const message = await fail(train(".", join(folder, "out")), { cwd: folder });
  expect(message).toMatch(
    /^\. is a folder, and no data set with a file for train .*; it holds .*train\.csv.*Name a file$/,
  );
});

test("a pattern stands for several files, each with its own header, for every command", async () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  const pairs = tinyPairs();
  writeFileSync(at("part-1.csv"), toCsv(pairs.slice(0, 20)));
  const rows = pairs
    .slice(20)
    .map(({ text, textPair, label }) => JSON.stringify({ label, text, text_pair: textPair }));
  writeFileSync(at("part-2.jsonl"), rows.join("\n"));
  writeFileSync(at("whole.csv"), toCsv(pairs));
  const training = [...TINY_SIZES, ...TINY_TRAINING, "--epochs", "1", "--no-checkpoints"];
  const train = (data: string, out: string) =>
    succeed(["train", "--train", at(data), ...training, "--out", at(out)]);
  await train("part-*", "of-parts");
  await train("whole.csv", "of-whole");
  expect(readBytes(at("of-parts"), "model.safetensors")).toEqual(
    readBytes(at("of-whole"), "model.safetensors"),
  );
  expect(readFileSync(at("of-parts/MODEL_CARD.md"), "utf8")).toContain("36 examples of `2 files of part-*`");
  const data = ["--data", at("part-*"), "--json"];
  const { stdout: measured } = await succeed(["evaluate", "--model", at("of-parts"), ...data]);
  expect(JSON.parse(measured).examples).toBe(36);
  const { stdout: answers } = await succeed(["predict", "--model", at("of-parts"), ...data]);
  expect(readJsonLines(answers)).toHaveLength(36);
  const { stdout: compared } = await succeed(["compare", at("of-parts"), at("of-whole"), ...data]);
  expect(JSON.parse(compared).pairs).toBe(36);
  writeFileSync(at("part-3.csv"), "premise,hypothesis,label\na,b\n");
  expect(await fail(["evaluate", "--model", at("of-parts"), ...data])).toContain(
    "part-3.csv, row 2: 2 columns",
  );
});
