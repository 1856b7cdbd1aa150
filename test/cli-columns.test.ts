import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readJsonLines, succeed, temporaryFolder } from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const pairs = tinyPairs();
const rows = (delimiter: string) =>
  pairs.map(({ text, textPair, label }) => [label, text, "x", textPair].join(delimiter));

const tiny = [...TINY_SIZES, ...TINY_TRAINING, "--epochs", "1"];

async function answersOf(model: string, data: string): Promise<unknown[]> {
  const { stdout } = await succeed(["predict", "--model", at(model), "--data", at(data), "--json"]);
  return readJsonLines(stdout).map(({ text, textPair }) => [text, textPair]);
}

async function evaluated(model: string, data: string): Promise<number> {
  const { stdout } = await succeed(["evaluate", "--model", at(model), "--data", at(data), "--json"]);
  return JSON.parse(stdout).examples;
}

const asked = pairs.map(({ text, textPair }) => [text, textPair]);

test("a model remembers the names of its columns, and files of other names are read as always", async () => {
  writeFileSync(at("own.csv"), ["verdict,claim,note,evidence", ...rows(","), ""].join("\n"));
  writeFileSync(at("usual.csv"), toCsv(pairs));
  const unlabelled = pairs.map(
    ({ text, textPair }) => `${JSON.stringify({ claim: text, evidence: textPair })}\n`,
  );
  writeFileSync(at("unlabelled.jsonl"), unlabelled.join(""));
  const columns = [
    "--premise-column",
    "claim",
    "--text-pair-column",
    "evidence",
    "--label-column",
    "verdict",
  ];
  await succeed(["train", "--train", at("own.csv"), ...columns, ...tiny, "--out", at("named")]);
  expect(JSON.parse(readFileSync(at("named/config.json"), "utf8")).columns).toEqual({
    textColumn: "claim",
    textPairColumn: "evidence",
    labelColumn: "verdict",
  });
  for (const data of ["own.csv", "unlabelled.jsonl", "usual.csv"]) {
    expect(await answersOf("named", data)).toEqual(asked);
  }
  for (const data of ["own.csv", "usual.csv"]) expect(await evaluated("named", data)).toBe(36);
  const { stdout } = await succeed(["compare", at("named"), at("named"), "--data", at("own.csv"), "--json"]);
  expect(JSON.parse(stdout).runs).toHaveLength(2);
});

test("a model remembers columns by number, and that its table has no header", async () => {
  writeFileSync(at("bare.tsv"), `${rows("\t").join("\n")}\n`);
  const columns = ["--no-header", "--text-column", "2", "--text-pair-column", "4", "--label-column", "1"];
  await succeed(["train", "--train", at("bare.tsv"), ...columns, ...tiny, "--out", at("numbered")]);
  expect(await answersOf("numbered", "bare.tsv")).toEqual(asked);
  expect(await evaluated("numbered", "bare.tsv")).toBe(36);
});
