/**
 * Damaged Parquet files: reading refuses them with a TunebertError, or gives what its types promise, within a second and
 * without taking the memory. `FUZZ_RUNS=1000 npx vitest run test/parquet-fuzz.test.ts` tries a hundred thousand.
 */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { readExamples } from "../src/data/read-examples.js";
import { TunebertError } from "../src/error.js";

/** Inputs for each kind of damage and each file. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 20);
const SETTINGS = { seed: Number(process.env.FUZZ_SEED ?? 1), numRuns: RUNS };
/** Of the processor: however long the whole takes, one input may not, on a busy machine either. */
const MAX_MILLISECONDS = 1000;
const MAX_MEBIBYTES = 1024;

const FOLDER = fileURLToPath(new URL("fixtures/parquet/", import.meta.url));
const files = readdirSync(FOLDER).filter((name) => readFileSync(FOLDER + name).length < 3000);

const counts = { refused: 0, read: 0, slowest: 0 };

afterAll(() => {
  if (process.env.FUZZ_RUNS) console.log(counts);
});

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

/** Kinds of damage: each makes of a valid file any number of others. */
const DAMAGES: Readonly<Record<string, (valid: Uint8Array) => fc.Arbitrary<Uint8Array>>> = {
  "some bytes changed": (valid) =>
    fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = valid.slice();
        for (const [position, value] of changes) bytes[position] = value;
        return bytes;
      }),
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
  "a part cut out or doubled": (valid) =>
    fc.tuple(fc.nat(valid.length), fc.nat(200), fc.boolean()).map(([start, length, doubled]) => {
      const end = Math.min(start + length, valid.length);
      return Buffer.concat([valid.subarray(0, doubled ? end : start), valid.subarray(doubled ? start : end)]);
    }),
};

describe.each(files)("%s", { timeout: 60_000 + 100 * RUNS }, (name) => {
  const valid = Uint8Array.from(readFileSync(FOLDER + name));

  test("is read or refused at every length", async () => {
    for (let length = 0; length < valid.length; length++) {
      await expectRefusedOrSound(valid.subarray(0, length), name);
    }
  });

  test.each(Object.entries(DAMAGES))("with %s", async (_, damage) => {
    await fc.assert(
      fc.asyncProperty(damage(valid).map(shownShort), (bytes) => expectRefusedOrSound(bytes, name)),
      SETTINGS,
    );
  });
});

/** Keeps a footer that has grown at its length, so that what has changed in it is met. */
function withFooterLength(bytes: Buffer, changed: number, growth: number): Buffer {
  const end = bytes.length - 8;
  if (end < 0) return bytes;
  const length = bytes.readUInt32LE(end) + growth;
  if (changed >= end - length && length > 0 && length < 2 ** 32) bytes.writeUInt32LE(length, end);
  return bytes;
}

/** Makes fast-check print the file so that it can be read again. */
function shownShort(bytes: Uint8Array): Uint8Array {
  return Object.assign(bytes, { [fc.toStringMethod]: () => Buffer.from(bytes).toString("base64") });
}

/** What is thrown but a TunebertError fails the property. */
async function expectRefusedOrSound(bytes: Uint8Array, fileName: string): Promise<void> {
  const start = process.cpuUsage();
  try {
    for await (const { text, label } of readExamples(bytes, { fileName })) {
      const labels = label === undefined ? [] : [label].flat();
      if (typeof text === "string" && labels.every((one) => typeof one === "string") && label !== "")
        continue;
      throw new Error(`no example: ${text}, ${label}`);
    }
    counts.read++;
  } catch (error) {
    if (!(error instanceof TunebertError)) throw error;
    counts.refused++;
  }
  const { user, system } = process.cpuUsage(start);
  const milliseconds = (user + system) / 1000;
  counts.slowest = Math.max(counts.slowest, milliseconds);
  expect(milliseconds).toBeLessThan(MAX_MILLISECONDS);
  expect(process.memoryUsage().rss / 2 ** 20).toBeLessThan(MAX_MEBIBYTES);
}
