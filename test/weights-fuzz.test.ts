import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TunebertError } from "../src/error.js";
import { parseWeights } from "../src/weights/parse-weights.js";

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
];

describe.each(FILES)("%s", (name) => {
  const valid = new Uint8Array(readFileSync(new URL(`fixtures/weights/${name}`, import.meta.url)));

  test("is refused at every length but its own", () => {
    for (let length = 0; length < valid.length; length++) {
      expect(() => parseWeights(valid.subarray(0, length), name)).toThrow(TunebertError);
    }
    expect(parseWeights(valid, name).size).toBeGreaterThan(0);
  });

  test("with some bytes changed is refused, or read as tensors that fit their shapes", () => {
    const change = fc.tuple(fc.nat(valid.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = valid.slice();
        for (const [position, value] of changes) bytes[position] = value;
        expectRefusedOrSound(bytes, name);
      }),
      { seed: 1, numRuns: 600 },
    );
  });

  test("with a part cut out, doubled or replaced is refused, or read as tensors that fit their shapes", () => {
    const range = fc.tuple(fc.nat(valid.length), fc.nat(64), fc.uint8Array({ maxLength: 16 }), fc.boolean());
    fc.assert(
      fc.property(range, ([start, length, insert, doubled]) => {
        const end = Math.min(start + length, valid.length);
        const tail = valid.subarray(doubled ? start : end);
        expectRefusedOrSound(Buffer.concat([valid.subarray(0, end), insert, tail]), name);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

function expectRefusedOrSound(bytes: Uint8Array, name: string): void {
  let state: ReturnType<typeof parseWeights>;
  try {
    state = parseWeights(bytes, name);
  } catch (error) {
    expect(error).toBeInstanceOf(TunebertError);
    return;
  }
  for (const { shape, data } of state.values()) {
    expect(data.length).toBe(shape.reduce((product, dimension) => product * dimension, 1));
  }
}
