import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fail, succeed, temporaryFolder } from "./support/command.js";

const folder = temporaryFolder();

test("demo --pairs writes the sample pairs as training reads them, and nothing else", async () => {
  const pairs = join(folder, "new", "pairs");
  const { stdout } = await succeed(["demo", "--pairs", pairs]);
  const [train, test] = ["train.tsv", "test.tsv"].map((name) => join(pairs, name));
  expect(stdout).toBe(`${train}: 20000 pairs\n${test}: 2000 pairs\n`);
  expect(readdirSync(pairs).sort()).toEqual(["test.tsv", "train.tsv"]);
  const [header, ...rows] = readFileSync(test!, "utf8").trimEnd().split("\n");
  expect(header).toBe("premise\thypothesis\tlabel");
  expect(rows).toHaveLength(2000);
  for (const row of rows) expect(row).toMatch(/^[^\t]+ \.\t[^\t]+ \.\t(entailment|contradiction|neutral)$/);
  expect(await fail(["demo", "--pairs", pairs])).toBe(`${train} exists already; choose another folder`);
});

test("demo --pairs says why it cannot write", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(await fail(["demo", "--pairs", join(file, "pairs")])).toMatch(
    /^cannot write to .*: part of the path is a file, not a folder$/,
  );
});
