import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readExamples } from "../data/read-examples.js";
import { TextDataset } from "../data/text-dataset.js";
import { DataFile } from "./data-file.js";

const folder = mkdtempSync(join(tmpdir(), "tunebert-data-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Of more than a piece of those in which files are read. */
const rows = Array.from({ length: 60_000 }, (_, i) => `the otter waits,some otter sings ${i},${i % 2}\n`);
const path = join(folder, "pairs.csv");
const content = `premise,hypothesis,label\n${rows.join("")}`;
writeFileSync(path, content);
const sha256 = createHash("sha256").update(content).digest("hex");

test.each([[10], [undefined]])(
  "the hash is of the whole file, whatever was read of it: limit %s",
  async (limit) => {
    const file = new DataFile(path);
    const options = { maxLength: 16, minFrequency: 1, ...(limit && { limit }) };
    const { dataset } = await TextDataset.encodeWithNewVocabulary(
      readExamples(file.bytes(), { fileName: path }),
      options,
    );
    expect(await file.record(dataset)).toEqual({
      ...{ name: "pairs.csv", sha256, pairs: limit ?? rows.length, skipped: 0, truncated: 0 },
      unknownShare: 0,
    });
  },
);

test("no byte of the file is given out twice", async () => {
  const file = new DataFile(path);
  const first = await file.bytes().next();
  let length = first.value!.length;
  expect(length).toBeLessThan(content.length);
  for await (const bytes of file.bytes()) length += bytes.length;
  expect(length).toBe(content.length);
});
