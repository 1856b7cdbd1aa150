/**
 * Damaged Parquet files: reading refuses them with a TunebertError, or gives what its types promise, within a second and
 * without taking the memory. `FUZZ_RUNS=1000 npx vitest run test/parquet-fuzz.test.ts` tries a hundred thousand.
 */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect } from "vitest";
import { readExamples } from "../src/data/read-examples.js";
import { byteDamages, type Damages, describeDamaged, fuzzRuns } from "./support/damage.js";

const MAX_MEBIBYTES = 1024;

const FOLDER = fileURLToPath(new URL("fixtures/parquet/", import.meta.url));
const files = readdirSync(FOLDER).filter((name) => readFileSync(FOLDER + name).length < 3000);

/** Numbers that claim much, as the headers of Parquet write them. */
const CLAIMS = [
  [0xfe, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x08],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x20],
  [0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0x7f],
  [0xf9, 0xff, 0xff, 0xff, 0x07],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  Array(200).fill(0xff),
  Array(200).fill(0x80),
  Array(500).fill(0x1c),
  Array(500).fill(0x19),
  [0],
  [1],
].map((bytes) => Uint8Array.from(bytes));

const damages: Damages = {
  ...byteDamages,
  "a claim in another's place": (valid) =>
    fc.tuple(fc.nat(valid.length), fc.constantFrom(...CLAIMS)).map(([start, claim]) => {
      const bytes = valid.slice();
      bytes.set(claim.subarray(0, valid.length - start), start);
      return bytes;
    }),
  "a claim put in": (valid) =>
    fc
      .tuple(fc.nat(valid.length), fc.nat(5), fc.constantFrom(...CLAIMS))
      .map(([start, length, claim]) =>
        withFooterLength(
          Buffer.concat([valid.subarray(0, start), claim, valid.subarray(start + length)]),
          start,
          claim.length - length,
        ),
      ),
};

describeDamaged(
  files.map((name) => [
    name,
    Uint8Array.from(readFileSync(FOLDER + name)),
    (bytes) => expectExamples(bytes, name),
  ]),
  { damages, runs: fuzzRuns(20), areSound: false },
);

/** Keeps a footer that has grown at its length, so that what has changed in it is met. */
function withFooterLength(bytes: Buffer, changed: number, growth: number): Buffer {
  const end = bytes.length - 8;
  if (end < 0) return bytes;
  const length = bytes.readUInt32LE(end) + growth;
  if (changed >= end - length && length > 0 && length < 2 ** 32) bytes.writeUInt32LE(length, end);
  return bytes;
}

/** Texts with their labels, without taking the memory. */
async function expectExamples(bytes: Uint8Array, fileName: string): Promise<void> {
  try {
    for await (const { text, label } of readExamples(bytes, { fileName })) {
      const labels = label === undefined ? [] : [label].flat();
      if (typeof text === "string" && labels.every((one) => typeof one === "string") && label !== "")
        continue;
      throw new Error(`no example: ${text}, ${label}`);
    }
  } finally {
    expect(process.memoryUsage().rss / 2 ** 20).toBeLessThan(MAX_MEBIBYTES);
  }
}
