/**
 * Damaged weights files: every parser refuses them with a TunebertError, or reads tensors that fit their shapes,
 * within a second. `FUZZ_RUNS=17000 npx vitest run test/weights-fuzz.test.ts` tries more than a million.
 */
import fc from "fast-check";
import { inflateSync } from "fflate";
import { afterAll, describe, expect, test } from "vitest";
import { TunebertError } from "../src/error.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import type { StateDict } from "../src/weights/tensor.js";
import { isZip, openZip } from "../src/weights/zip-directory.js";
import { writeZip } from "../src/weights/zip-writer.js";
import { weightsFixture } from "./support/weights.js";

const FILES = [
  "types.zip.pt",
  "types.legacy.pt",
  "views.zip.pt",
  "views.legacy.pt",
  "protocol4.zip.pt",
  "protocol4.legacy.pt",
  "checkpoint.legacy.pt",
  "storage-views.legacy.pt",
  "library.safetensors",
  "mxnet-v1.params",
  "mxnet-v2.params",
  "mxnet-v3.params",
  "npz-types.npz",
  "npz-versions.npz",
  "npz-compressed.npz",
];

/** Inputs for each kind of damage and each file. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 150);
const SETTINGS = { seed: Number(process.env.FUZZ_SEED ?? 1), numRuns: RUNS };
/** However long the whole takes, one input may not. */
const MAX_MILLISECONDS = 1000;

const counts = { refused: 0, read: 0, slowest: 0 };

afterAll(() => {
  if (process.env.FUZZ_RUNS) console.log(counts);
});

/** Kinds of damage: each makes of a valid file any number of others. */
const DAMAGES: Readonly<Record<string, (valid: Uint8Array) => fc.Arbitrary<Uint8Array>>> = {
  "some bytes changed": (valid) =>
    fc
      .array(fc.tuple(fc.nat(Math.max(0, valid.length - 1)), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = valid.slice();
        for (const [position, value] of changes) bytes[position] = value;
        return bytes;
      }),
  "a number replaced": (valid) =>
    fc.tuple(fc.nat(valid.length), fc.constantFrom(...NUMBERS)).map(([position, number]) => {
      const bytes = valid.slice();
      bytes.set(number.subarray(0, valid.length - position), position);
      return bytes;
    }),
  "a part cut out, doubled or replaced": (valid) =>
    fc
      .tuple(fc.nat(valid.length), fc.nat(64), fc.uint8Array({ maxLength: 16 }), fc.boolean())
      .map(([start, length, insert, doubled]) => {
        const end = Math.min(start + length, valid.length);
        return Buffer.concat([valid.subarray(0, end), insert, valid.subarray(doubled ? start : end)]);
      }),
};

/** Sizes and counts at which programs tend to stumble, as the 2, 4 and 8 bytes that hold them. */
const NUMBERS = [0, 1, 2 ** 15, 2 ** 16 - 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 53, -1].flatMap(
  (number) => {
    const bytes = new Uint8Array(BigInt64Array.of(BigInt(number)).buffer);
    return [bytes.subarray(0, 2), bytes.subarray(0, 4), bytes];
  },
);

describe.each(FILES)("%s", { timeout: 60_000 + 10 * RUNS }, (name) => {
  const valid = weightsFixture(name);

  test("is refused at every length but its own", () => {
    for (let length = 0; length < valid.length; length++) {
      expect(() => parseWeights(valid.subarray(0, length), name)).toThrow(TunebertError);
    }
    expect(parseWeights(valid, name).size).toBeGreaterThan(0);
  });

  test.each(Object.entries(DAMAGES))("with %s", (_, damage) => {
    const property = fc.property(damage(valid), (bytes) => expectRefusedOrSound(bytes, name));
    fc.assert(property, SETTINGS);
  });

  // A checksum keeps most damage away from whatever reads the entry, so here the checksum is right.
  if (!isZip(valid)) return;
  test.each(Object.entries(DAMAGES))("with %s in an entry", (_, damage) => {
    const zip = openZip(valid, (data, size) => inflateSync(data, { out: new Uint8Array(size) }));
    const entries = zip.names.map((entry) => ({ name: entry, data: zip.read(entry) }));
    const damaged = fc
      .nat(entries.length - 1)
      .chain((which) => damage(entries[which]!.data).map((data) => [which, data] as const))
      .map(([which, data]) => writeZip(entries.with(which, { name: entries[which]!.name, data })));
    fc.assert(
      fc.property(damaged, (bytes) => expectRefusedOrSound(bytes, name)),
      SETTINGS,
    );
  });
});

function expectRefusedOrSound(bytes: Uint8Array, name: string): void {
  const start = performance.now();
  const state = readOrRefuse(bytes, name);
  const milliseconds = performance.now() - start;
  counts.slowest = Math.max(counts.slowest, milliseconds);
  counts[state ? "read" : "refused"]++;
  if (milliseconds > MAX_MILLISECONDS) throw new Error(`one input took ${milliseconds} ms`);
  for (const { shape, data } of state?.values() ?? []) {
    const expected = shape.reduce((product, dimension) => product * dimension, 1);
    if (data.length !== expected) throw new Error(`${data.length} elements in the shape [${shape}]`);
  }
}

/** What is thrown but a TunebertError fails the property. */
function readOrRefuse(bytes: Uint8Array, name: string): StateDict | undefined {
  try {
    return parseWeights(bytes, name);
  } catch (error) {
    if (error instanceof TunebertError) return undefined;
    throw error;
  }
}
