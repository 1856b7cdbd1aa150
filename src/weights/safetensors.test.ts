import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import { parseSafetensors, serializeSafetensors } from "./safetensors.js";
import type { StateDict, Tensor } from "./tensor.js";

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../test/fixtures/weights/${name}`, import.meta.url)));

const library = fixture("library.safetensors");

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

test("reads what the safetensors library wrote, bit for bit", () => {
  const expected: Record<string, { type: string; shape: number[]; hex: string }> = JSON.parse(
    new TextDecoder().decode(fixture("expected.json")),
  )["library.safetensors"];
  const state = parseSafetensors(library);
  expect(new Set(state.keys())).toEqual(new Set(Object.keys(expected)));
  for (const [name, tensor] of state) {
    expect({
      type: tensor.type,
      shape: tensor.shape,
      hex: Buffer.from(bytesOf(tensor)).toString("hex"),
    }).toEqual(expected[name]);
  }
});

test("writes the very bytes that the library wrote", () => {
  expect(serializeSafetensors(parseSafetensors(library), { format: "pt" })).toEqual(library);
});

test("tensors are views of the file where it is aligned, and right where it is not", () => {
  for (const { data } of parseSafetensors(library).values()) expect(data.buffer).toBe(library.buffer);
  const shifted = Buffer.alloc(library.length + 1).subarray(1);
  shifted.set(library);
  expect(parseSafetensors(shifted)).toEqual(parseSafetensors(library));
});

test("what is written is aligned and keeps the order within a width", () => {
  const state: StateDict = new Map([
    ["flag", { type: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) }],
    ["z", { type: "float32", shape: [1], data: Float32Array.of(1) }],
    ["7", { type: "float32", shape: [], data: Float32Array.of(2) }],
    ["__proto__", { type: "int32", shape: [0], data: new Int32Array(0) }],
    ["wide", { type: "int64", shape: [1], data: BigInt64Array.of(-1n) }],
  ]);
  const bytes = serializeSafetensors(state);
  const back = parseSafetensors(bytes);
  expect([...back.keys()].sort()).toEqual([...state.keys()].sort());
  expect([...back.keys()].filter((name) => name === "z" || name === "7")).toEqual(["z", "7"]);
  for (const [name, tensor] of back) {
    expect(tensor).toEqual(state.get(name));
    expect(tensor.data.buffer).toBe(bytes.buffer);
  }
});

test("an empty state dict", () => {
  expect(parseSafetensors(serializeSafetensors(new Map()))).toEqual(new Map());
});

describe("refuses to write", () => {
  const tensor: Tensor = { type: "float32", shape: [2], data: new Float32Array(3) };

  test("data that do not fit their shape", () => {
    expect(() => serializeSafetensors(new Map([["w", tensor]]))).toThrow(
      'tensor "w" has 3 elements; its shape [2] says 2',
    );
  });

  test("a tensor in the metadata's place", () => {
    const state = new Map([["__metadata__", { ...tensor, shape: [3] }]]);
    expect(() => serializeSafetensors(state)).toThrow("cannot be named __metadata__");
  });
});

test("lists tensors of types that it does not know, and refuses them where they are needed", () => {
  const state = parseSafetensors(fixture("uint16.safetensors"));
  expect([...state].map(([name, { type, shape }]) => [name, type, shape])).toEqual([["c", "U16", [2]]]);
  expect(() => state.get("c")!.data).toThrow('tensor "c" holds "U16" values, which are not read');
  expect(() => serializeSafetensors(state)).toThrow('tensor "c" holds "U16" values');
});

describe("refuses to read", () => {
  const entry = (offsets: unknown, shape: unknown = [1], dtype: unknown = "F32") => ({
    dtype,
    shape,
    data_offsets: offsets,
  });

  test.each([
    ["no type", { a: entry([0, 4], [1], [[]]) }, "nesting"],
    ["a type that is a number", { a: entry([0, 4], [1], 32) }, "has no dtype"],
    ["a type of unreasonable length", { a: entry([0, 4], [1], "F".repeat(33)) }, "has no dtype"],
    [
      "a hole",
      { a: entry([0, 4]), b: entry([8, 12]) },
      'tensor "b" of the safetensors file lies at bytes 8 to 12',
    ],
    ["a hole at the start", { a: entry([4, 8]) }, "expected float32 [1] to begin at 0"],
    ["an overlap", { a: entry([0, 4]), b: entry([0, 4]) }, "without a hole or overlap"],
    ["a range too short", { a: entry([0, 4], [2]) }, "without a hole or overlap"],
    ["a backward range", { a: entry([4, 0]) }, "without a hole or overlap"],
    ["data left over", { a: entry([0, 4]) }, "has 12 bytes of data, but its tensors account for 4"],
    ["data missing", { a: entry([0, 16], [4]) }, "truncated"],
    ["an odd shape", { a: entry([0, 4], [-1]) }, "is described wrongly"],
    ["a huge shape", { a: entry([0, 4], [2 ** 30, 2 ** 30]) }, "more elements than a file"],
    ["odd offsets", { a: entry([0, 4, 8]) }, "is described wrongly"],
    ["an entry of another kind", { a: null }, "is described wrongly"],
    ["a list", [], "is not a JSON object"],
  ])("%s", (_, header, message) => {
    const bytes = file(JSON.stringify(header), 12);
    expect(() => parseSafetensors(bytes)).toThrow(message);
    expect(() => parseSafetensors(bytes)).toThrow(TunebertError);
  });

  test("a header that is not JSON, not an object from the first byte, or not UTF-8", () => {
    expect(() => parseSafetensors(file("{", 0))).toThrow("is not JSON");
    expect(() => parseSafetensors(file(" {}", 0))).toThrow("is not a JSON object");
    expect(() => parseSafetensors(file(`{"a":${"[".repeat(500_000)}`, 0))).toThrow("found deeper nesting");
    expect(() => parseSafetensors(file(`{"a":${"[],".repeat(5000)}`, 0))).toThrow(
      "too many lists and objects",
    );
    const bytes = file('{"a":1}', 0);
    bytes[10] = 0xff;
    expect(() => parseSafetensors(bytes)).toThrow("is not JSON in UTF-8");
  });

  test("a header longer than the format allows, or than the file", () => {
    const bytes = file("{}", 0);
    new DataView(bytes.buffer).setBigUint64(0, 100_000_001n, true);
    expect(() => parseSafetensors(bytes)).toThrow("said to be 100000001 bytes long");
    new DataView(bytes.buffer).setBigUint64(0, 100_000_000n, true);
    expect(() => parseSafetensors(bytes)).toThrow("truncated: the header ends at byte 100000008");
  });

  function file(header: string, dataLength: number): Uint8Array {
    const text = new TextEncoder().encode(header);
    const bytes = new Uint8Array(8 + text.length + dataLength);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    return bytes;
  }
});
