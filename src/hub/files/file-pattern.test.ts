import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { filesOfPattern } from "./file-pattern.js";

const folder = mkdtempSync(join(tmpdir(), "tunebert-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
mkdirSync(at("part/one.csv"), { recursive: true });
for (const name of ["b.csv", "a.csv", "c.tsv", "part/d.csv", "odd[1].csv"]) writeFileSync(at(name), "");

test("a pattern stands for files, in the order of their names; what is there stands for itself", async () => {
  expect(await filesOfPattern(at("?.csv"))).toEqual([at("a.csv"), at("b.csv")]);
  expect(await filesOfPattern(at("**/*.csv"))).toEqual(
    ["a.csv", "b.csv", "odd[1].csv", "part/d.csv"].map(at),
  );
  expect(await filesOfPattern(at("{b.csv,c.tsv}"))).toEqual(["b.csv", "c.tsv"].map(at));
  expect(await filesOfPattern(at("odd[1].csv"))).toEqual([at("odd[1].csv")]);
});

test("what is no pattern stands for itself, there or not", async () => {
  for (const name of ["snli", at("none.csv"), "https://example.org/a?b=[1]"]) {
    expect(await filesOfPattern(name)).toEqual([name]);
  }
});

test("a pattern of no file is refused", async () => {
  await expect(filesOfPattern(at("*.json"))).rejects.toThrow(/\*.json: there is no file of this pattern/);
});
