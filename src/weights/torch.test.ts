import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import type { StateDict } from "./tensor.js";
import { parseTorch } from "./torch.js";

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../test/fixtures/weights/${name}`, import.meta.url)));

interface Expected {
  [file: string]: { [tensor: string]: { type: string; shape: number[]; hex: string } };
}
const expected: Expected = JSON.parse(new TextDecoder().decode(fixture("expected.json")));

function described(state: StateDict) {
  return [...state].map(([name, { type, shape, data }]) => [
    name,
    { type, shape, hex: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex") },
  ]);
}

/** The pickled reference to a storage "0" of one float32. */
const STORAGE = "(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x01tQ";

/** A legacy file of pickles that are given as Latin-1 text. */
function legacy(object: string, version = "M\xe9\x03.", keys = "]."): Uint8Array {
  const magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
  return Uint8Array.from(`${magic}${version}N.${object}${keys}`, (c) => c.charCodeAt(0));
}

describe.each(["zip", "legacy"])("%s format", (format) => {
  test.each([
    ["types", "types"],
    ["views", "views"],
    ["linear", "linear"],
    ["parameter", "parameter"],
    ["many", "many"],
    ["nothing", "nothing"],
    ["checkpoint", "checkpoint"],
    ["training", "training"],
    ["attributes", "attributes"],
    ["protocol3", "views"],
    ["protocol4", "views"],
    ["protocol5", "views"],
  ])("%s: names, types, shapes and bytes are those that PyTorch sees", (file, key) => {
    const state = parseTorch(fixture(`${file}.${format}.pt`));
    expect(described(state)).toEqual(Object.entries(expected[key]!));
  });

  test("tensors that share a storage share memory, copies do not", () => {
    const state = parseTorch(fixture(`views.${format}.pt`));
    const whole = state.get("whole")!.data as Float32Array;
    whole[8] = 99;
    expect(state.get("tail")!.data[0]).toBe(99);
    expect(state.get("corner")!.data.buffer).toBe(whole.buffer);
    expect(state.get("transposed")!.data[2]).toBe(8);
    expect(state.get("tied-too")!.data.buffer).toBe(state.get("tied")!.data.buffer);
  });

  test("reads at any alignment, from a Node buffer too", () => {
    const bytes = fixture(`types.${format}.pt`);
    for (let shift = 0; shift < 8; shift++) {
      const shifted = Buffer.alloc(bytes.length + shift).subarray(shift);
      shifted.set(bytes);
      expect(described(parseTorch(shifted))).toEqual(Object.entries(expected.types!));
    }
  });
});

test("the zip format's aligned tensors are views of the file", () => {
  const bytes = fixture("types.zip.pt");
  for (const { data } of parseTorch(bytes).values()) expect(data.buffer).toBe(bytes.buffer);
});

test("storages that are views of another storage, as very old files have them", () => {
  const state = parseTorch(fixture("storage-views.legacy.pt"));
  expect(described(state)).toEqual(Object.entries(expected["storage-views"]!));
});

describe("refuses", () => {
  test.each([
    ["hostile.legacy.pt", '"os.system"'],
    ["hostile-first.legacy.pt", '"os.system"'],
    ["hostile.zip.pt", '"posix.system"'],
    ["module.zip.pt", '"torch.nn.modules.linear.Linear"'],
    ["list.zip.pt", "holds a list instead of a dictionary"],
    ["short.zip.pt", "storage 0 has 20 bytes, but its tensors expect 6 × float32"],
    ["compressed.zip", "is compressed"],
  ])("%s: %s", (file, message) => {
    expect(() => parseTorch(fixture(file))).toThrow(message);
    expect(() => parseTorch(fixture(file))).toThrow(TunebertError);
  });

  test.each([
    ["an OrderedDict of nothing", legacy("ccollections\nOrderedDict\nN\x85R."), "builds an OrderedDict"],
    ["an OrderedDict of no pairs", legacy("ccollections\nOrderedDict\n]Na\x85R."), "builds an OrderedDict"],
    [
      "a parameter of no tensor",
      legacy("ctorch._utils\n_rebuild_parameter\nN\x85R."),
      "makes a parameter of",
    ],
    ["another version", legacy("}.", "M\xea\x03."), "another version than 1001"],
    ["storage keys that are no list", legacy("}.", "M\xe9\x03.", "N."), "storage keys is not a list"],
    ["a storage key that no tensor has", legacy("}.", "M\xe9\x03.", "]U\x01xa."), "that no tensor refers to"],
    [
      "a storage that the file lacks",
      legacy(`}U\x01wctorch._utils\n_rebuild_tensor\n(${STORAGE}K\x00))tRs.`),
      "storage 0",
    ],
  ])("%s", (_, bytes, message) => {
    expect(() => parseTorch(bytes)).toThrow(message);
    expect(() => parseTorch(bytes)).toThrow(TunebertError);
  });

  test("a pickle of something else", () => {
    expect(() => parseTorch(Uint8Array.of(0x80, 2, 0x4e, 0x2e))).toThrow("its magic number is missing");
  });
});

test("looks once at a large dictionary that is named often", { timeout: 4000 }, () => {
  const keys = Array.from({ length: 40_000 }, (_, i) => `X\x05\0\0\0${String(i).padStart(5, "0")}`);
  const tensor = `ctorch._utils\n_rebuild_tensor\n(${STORAGE}K\x00))tRq\x02`;
  // The inner dictionary turns out to be no state dict only at its last item.
  const inner = `}q\x01${keys.map((key, i) => `${key}${i === 0 ? tensor : "h\x02"}s`).join("")}K\x00Ns`;
  const outer = `}${keys.map((key, i) => `${key}${i === 0 ? inner : "h\x01"}s`).join("")}.`;
  expect(() => parseTorch(legacy(outer))).toThrow("does not hold storage 0");
});

describe("a tensor that does not fit its storage", () => {
  // In this file `root` is 6 elements in the shape (2, 3), and `part` 2 of 3 elements that are a view of it.
  const valid = fixture("storage-views.legacy.pt");
  const at = (opcodes: number[]) => Buffer.from(valid).indexOf(Buffer.from(opcodes));
  const layout = at([0x4b, 2, 0x4b, 3, 0x86]);
  const strides = at([0x4b, 3, 0x4b, 1, 0x86]);
  const view = at([0x4b, 2, 0x4b, 3, 0x87]);
  const secondCount = Buffer.from(valid).lastIndexOf(Buffer.from([0x4b, 6]));
  const corrupt = (position: number, value: number) => {
    const bytes = valid.slice();
    bytes[position] = value;
    return () => parseTorch(bytes);
  };

  test("by its shape", () => {
    expect(corrupt(layout + 1, 3)).toThrow('tensor "root" reaches element 8 of storage r, which has 6');
  });

  test("by its strides", () => {
    expect(corrupt(strides + 1, 4)).toThrow('tensor "root" reaches element 6 of storage r');
  });

  test("by a view that is longer than the storage", () => {
    expect(corrupt(view + 3, 5)).toThrow("a view of storage r reaches outside its 6 elements");
  });

  test("by a storage that is declared twice with different lengths", () => {
    expect(corrupt(secondCount + 1, 5)).toThrow("storage r is declared twice: 6 × float32, then 5 × float32");
  });

  test("by the element count in the file", () => {
    expect(corrupt(valid.length - 32, 7)).toThrow("storage r has 7 elements, but its tensors expect 6");
  });
});

describe("tensors described by hand", () => {
  const one = () => handmade({ shape: [k(1)], strides: [k(1)] });

  test("the description itself is sound", () => {
    expect([...parseTorch(one()).get("w")!.data]).toEqual([0.5]);
  });

  test("negative strides and offsets", () => {
    expect(() => parseTorch(handmade({ shape: [k(1)], strides: [j(-1)] }))).toThrow(
      'tensor "w" has the strides [-1]',
    );
    expect(() => parseTorch(handmade({ shape: [k(1)], strides: [k(1)], offset: j(-1) }))).toThrow(
      "offset -1",
    );
  });

  test("dimensions beyond any file", () => {
    const huge = [0x8a, 7, 0, 0, 0, 0, 0, 0, 0x10];
    const shape = [huge, huge];
    expect(() => parseTorch(handmade({ shape, strides: [k(0), k(0)] }))).toThrow("more elements than a file");
    expect(() => parseTorch(handmade({ shape: [k(2), k(2)], strides: [huge, huge] }))).toThrow(
      "reaches element",
    );
    expect(() =>
      parseTorch(handmade({ shape: [[0x8a, 9, ...Array(8).fill(0), 1]], strides: [k(0)] })),
    ).toThrow("the shape [a number beyond 2^53]");
  });

  test("more dimensions than PyTorch has", () => {
    const wide = { shape: Array(65).fill(k(1)), strides: Array(65).fill(k(1)) };
    expect(() => parseTorch(handmade(wide))).toThrow("at most 64 dimensions");
  });

  test("a broadcast of one element to more memory than the file can justify", () => {
    expect(() => parseTorch(handmade({ shape: [j(2 ** 30)], strides: [k(0)] }))).toThrow(
      "is a view that takes 4294967296 bytes when written out",
    );
  });

  test("nested values as dimensions do not blow up the message", () => {
    // A list that holds itself twice over, 60 deep: written out it would be 2^60 values.
    const deep = [0x5d, ...Array(60).fill([0x71, 9, 0x5d, 0x28, 0x68, 9, 0x68, 9, 0x65]).flat()];
    expect(() => parseTorch(handmade({ shape: [deep], strides: [k(1)] }))).toThrow("the shape [no number, ");
  });

  function k(value: number): number[] {
    return [0x4b, value];
  }

  function j(value: number): number[] {
    return [0x4a, value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
  }

  /** A legacy file of one float32 tensor `w` on a storage of one element, 0.5; parts are given as opcodes. */
  function handmade({
    shape,
    strides,
    offset = k(0),
  }: {
    shape: number[][];
    strides: number[][];
    offset?: number[];
  }) {
    const ascii = (text: string) => [...text].map((c) => c.charCodeAt(0));
    const global = (module: string, name: string) => ascii(`c${module}\n${name}\n`);
    const text = (value: string) => [0x55, value.length, ...ascii(value)];
    const tuple = (...items: number[][]) => [0x28, ...items.flat(), 0x74];
    const storage = [
      ...tuple(text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), k(1), [0x4e]),
      0x51,
    ];
    const args = tuple(storage, offset, tuple(...shape), tuple(...strides));
    const tensor = [...global("torch._utils", "_rebuild_tensor"), ...args, 0x52];
    return Uint8Array.from([
      ...[0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e],
      ...[0x4d, 0xe9, 0x03, 0x2e],
      ...[0x7d, 0x2e],
      ...[0x7d, ...text("w"), ...tensor, 0x73, 0x2e],
      ...[0x5d, ...text("0"), 0x61, 0x2e],
      ...[1, 0, 0, 0, 0, 0, 0, 0],
      ...[0, 0, 0, 0x3f],
    ]);
  }
});
