import { describe, expect, test } from "vitest";
import { described, expectedTensors, weightsFixture } from "../../test/support/weights.js";
import { TunebertError } from "../error.js";
import { parseNpy, serializeNpy } from "./npy.js";
import { isNpz, parseNpz, serializeNpz } from "./npz.js";
import type { StateDict, Tensor } from "./tensor.js";
import { openZip } from "./zip-directory.js";

const expected = expectedTensors("npz-expected.json");

describe("reads what NumPy reads, bit for bit", () => {
  test.each(["npz-types.npz", "npz-compressed.npz", "npz-versions.npz", "npz-big-endian.npz"])(
    "%s",
    (file) => {
      const bytes = weightsFixture(file);
      expect(isNpz(bytes)).toBe(true);
      expect(described(parseNpz(bytes))).toEqual(Object.entries(expected[file]!));
    },
  );
});

test("is not taken for an archive of torch.save, nor the other way round", () => {
  expect(isNpz(weightsFixture("linear.zip.pt"))).toBe(false);
});

test("writes each array as NumPy wrote it, byte for byte", () => {
  const library = openZip(weightsFixture("npz-types.npz"));
  const state = parseNpz(weightsFixture("npz-types.npz"));
  const ours = openZip(serializeNpz(state));
  expect(ours.names).toEqual(library.names);
  for (const name of ours.names) {
    if (/fortran|transposed/.test(name)) continue;
    expect(ours.read(name), name).toEqual(library.read(name));
  }
});

test("what it writes is aligned, so that it is read as views", () => {
  const bytes = serializeNpz(parseNpz(weightsFixture("npz-types.npz")));
  const back = parseNpz(bytes);
  expect(described(back)).toEqual(Object.entries(expected["npz-types.npz"]!));
  for (const { data } of back.values()) expect(data.buffer).toBe(bytes.buffer);
});

test("an archive without arrays", () => {
  const bytes = serializeNpz(new Map());
  expect(isNpz(bytes)).toBe(true);
  expect(parseNpz(bytes)).toEqual(new Map());
});

test("lists arrays of types that it does not read, and refuses them where they are needed", () => {
  const state = parseNpz(weightsFixture("npz-unread.npz"));
  expect([...state].map(([name, { type, shape }]) => [name, type, shape])).toEqual([
    ["uint16", "uint16", [2]],
    ["uint32", "uint32", [2]],
    ["uint64", "uint64", [2, 1]],
    ["complex", "complex64", [2]],
    ["objects", "object", [1]],
    ["text", "<U2", [2]],
    ["structured", "structured", [2]],
    ["wanted", "float32", [2]],
  ]);
  expect([...state.get("wanted")!.data]).toEqual([0.5, -2]);
  expect(() => state.get("objects")!.data).toThrow(
    'tensor "objects" holds "object" values, which are not read',
  );
  expect(() => serializeNpz(state)).toThrow('tensor "uint16" holds "uint16" values');
  expect(parseNpz(weightsFixture("npz-structured.npz")).get("s")!.type).toBe("structured");
});

describe("refuses", () => {
  const tensor: Tensor = { type: "float32", shape: [2, 3], data: new Float32Array(6) };
  const npy = () => serializeNpy(tensor, "a");
  const refused = (bytes: Uint8Array, message: string) => {
    expect(() => parseNpy(bytes, "a")).toThrow(message);
    expect(() => parseNpy(bytes, "a")).toThrow(TunebertError);
  };
  const withHeader = (text: string) => {
    const bytes = npy();
    bytes.fill(0x20, 10, 127);
    bytes.set(new TextEncoder().encode(text), 10);
    return bytes;
  };

  test("an array that is cut off, or goes on", () => {
    for (let length = 0; length < npy().length; length++) refused(npy().subarray(0, length), "truncated");
    refused(Buffer.concat([npy(), Buffer.of(0)]), 'array "a" has 153 bytes, but its header says 152');
  });

  test("another magic or version", () => {
    const bytes = npy();
    bytes[6] = 4;
    refused(bytes, "has the format version 4; known are 1 to 3");
    bytes[0] = 0;
    refused(bytes, "does not begin as numpy.save writes it");
  });

  test("a header of unreasonable length", () => {
    const bytes = npy();
    bytes[6] = 2;
    bytes.set([0, 0, 1, 0], 8);
    refused(bytes, "has a header of 65536 bytes; at most 65535");
  });

  test("shapes that do not fit", () => {
    const shape = (dims: string) =>
      withHeader(`{'descr': '<f4', 'fortran_order': False, 'shape': (${dims}), }`);
    expect(parseNpy(shape("2L, 3L"), "a").shape).toEqual([2, 3]);
    refused(shape("2, 4"), "truncated: 32 more bytes");
    refused(shape("-2, 3"), "expected an element type, an order and a shape");
    refused(shape("9007199254740993,"), "must be a whole number from 0");
    refused(shape("4503599627370496, 2"), "more elements than a file can hold");
    refused(withHeader("__import__('os')"), "expected an element type");
  });

  test("more dimensions than NumPy has", () => {
    const deep: Tensor = { type: "int8", shape: Array(65).fill(1), data: Int8Array.of(1) };
    refused(serializeNpy(deep, "a"), "has 65 dimensions; expected at most 64");
  });

  test("to write what NumPy has not", () => {
    const state: StateDict = new Map([["a", { type: "bfloat16", shape: [1], data: Uint16Array.of(1) }]]);
    expect(() => serializeNpz(state)).toThrow(
      'tensor "a" holds bfloat16 values, which NumPy has not; choose',
    );
  });
});

describe("compressed entries", () => {
  const compressed = weightsFixture("npz-compressed.npz");
  const directory = Buffer.from(compressed).indexOf("PK\x01\x02");
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer);

  test("that are damaged are refused", () => {
    const data = 30 + "zeros.npy".length + view(compressed).getUint16(28, true);
    for (const change of [0xff, 0x06, 0x01]) {
      const bytes = compressed.slice();
      bytes[data]! ^= change;
      expect(() => parseNpz(bytes)).toThrow(/cannot be decompressed|decompresses to|is damaged/);
      expect(() => parseNpz(bytes)).toThrow(TunebertError);
    }
  });

  test("that are shorter than the directory says are refused", () => {
    const bytes = compressed.slice();
    const size = view(bytes).getUint32(directory + 24, true);
    view(bytes).setUint32(directory + 24, size + 1, true);
    expect(() => parseNpz(bytes)).toThrow(`"zeros.npy" decompresses to ${size} bytes, expected ${size + 1}`);
  });

  test("that are longer than the directory says are refused, however long they are", () => {
    const bytes = compressed.slice();
    const size = view(bytes).getUint32(directory + 24, true);
    view(bytes).setUint32(directory + 24, size - 1, true);
    expect(() => parseNpz(bytes)).toThrow(`to ${size} bytes or more, expected ${size - 1}`);
  });

  test("that would grow out of proportion are refused before they do", () => {
    const bytes = compressed.slice();
    view(bytes).setUint32(directory + 24, 0xfffffff0, true);
    expect(() => parseNpz(bytes)).toThrow('entry "zeros.npy" is to grow to 4294967280 bytes');
  });

  test("of another kind than deflate are refused", () => {
    const bytes = compressed.slice();
    view(bytes).setUint16(directory + 10, 12, true);
    expect(() => parseNpz(bytes)).toThrow("is compressed (method 12); expected none or deflate");
  });
});
