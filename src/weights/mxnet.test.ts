import { describe, expect, test } from "vitest";
import { described, expectedTensors, weightsFixture } from "../../test/support/weights.js";
import { TunebertError } from "../error.js";
import { isMxnet, parseMxnet, serializeMxnet } from "./mxnet.js";
import type { StateDict, Tensor } from "./tensor.js";

const expected = expectedTensors("mxnet-expected.json");

describe("reads what MXNet reads, bit for bit", () => {
  test.each([
    ["version 1", "mxnet-v1.params"],
    ["version 2, with the prefixes arg: and aux:", "mxnet-v2.params"],
    ["version 3, with NumPy semantics", "mxnet-v3.params"],
    ["a list without names", "mxnet-list.params"],
  ])("%s", (_, file) => {
    const bytes = weightsFixture(file);
    expect(isMxnet(bytes)).toBe(true);
    expect(new Map(described(parseMxnet(bytes)))).toEqual(new Map(Object.entries(expected[file]!)));
  });
});

test("writes the very bytes that MXNet wrote", () => {
  for (const file of ["mxnet-v3.params", "mxnet-bert.params"]) {
    const bytes = weightsFixture(file);
    expect(serializeMxnet(parseMxnet(bytes))).toEqual(bytes);
  }
});

test("tensors are views of the file where it is aligned, and right where it is not", () => {
  const bytes = weightsFixture("mxnet-bert.params");
  const state = parseMxnet(bytes);
  for (const { data } of state.values()) expect(data.buffer).toBe(bytes.buffer);
  const shifted = Buffer.alloc(bytes.length + 1).subarray(1);
  shifted.set(bytes);
  expect(described(parseMxnet(shifted))).toEqual(described(state));
});

test("an empty list", () => {
  expect(parseMxnet(serializeMxnet(new Map()))).toEqual(new Map());
});

describe("refuses", () => {
  const one: StateDict = new Map([
    ["arg:a", { type: "float32", shape: [2], data: Float32Array.of(1, 2) }],
    ["aux:b", { type: "float32", shape: [1], data: Float32Array.of(3) }],
  ]);
  // Magic numbers, storage type, dimensions, shape, device and element type of the first array.
  const MAGIC = 24;
  const STORAGE = 28;
  const DIMENSIONS = 32;
  const SHAPE = 36;
  const TYPE = 52;
  const NAMES = 24 + 32 + 8 + 32 + 4;

  const changed = (at: number, ...values: number[]) => {
    const bytes = serializeMxnet(one);
    new Uint8Array(bytes.buffer).set(new Uint8Array(Int32Array.from(values).buffer), at);
    return bytes;
  };
  const refused = (bytes: Uint8Array, message: string) => {
    expect(() => parseMxnet(bytes)).toThrow(message);
    expect(() => parseMxnet(bytes)).toThrow(TunebertError);
  };

  test("sparse arrays, with advice", () => {
    refused(
      weightsFixture("mxnet-row-sparse.params"),
      "row_sparse); only dense arrays are read: save it again after",
    );
    refused(weightsFixture("mxnet-csr.params"), "sparse (csr)");
    refused(changed(STORAGE, 9), "unknown storage type 9");
  });

  test("another magic number", () => {
    refused(
      changed(MAGIC, 2),
      "tensor 0 of the MXNet file begins with 0x2 instead of an array's magic number",
    );
  });

  test("an element type that it does not know", () => {
    refused(changed(TYPE, 13), "has the element type 13; known are 0 (float32), 1 (float64)");
  });

  test("arrays without values", () => {
    refused(changed(DIMENSIONS, -1), "holds no values");
    const v2 = weightsFixture("mxnet-v2.params");
    new DataView(v2.buffer).setInt32(DIMENSIONS, 0, true);
    refused(v2, "holds no values");
  });

  test("too many dimensions, or fewer than none", () => {
    refused(changed(DIMENSIONS, 33), "has 33 dimensions; expected at most 32");
    refused(changed(DIMENSIONS, -2), "has -2 dimensions");
  });

  test("a shape that no file can hold, or this one does not", () => {
    refused(changed(SHAPE, 0, 0x40000000), "more than a file can hold");
    refused(changed(SHAPE, 0, 0x00100000), "is truncated: 18014398509481984 more bytes");
    refused(changed(SHAPE, 1000), "is truncated: 4000 more bytes");
  });

  test("fewer names than arrays, the same name twice, a name without end or not in UTF-8", () => {
    refused(changed(NAMES, 1), "has 2 arrays, but 1 names");
    const twice: StateDict = new Map([...one].map(([name, tensor]) => [name.replace(/b$/, "a"), tensor]));
    refused(serializeMxnet(twice), 'two arrays named "a"');
    refused(changed(NAMES + 8, 70_000), "a name of 70000 bytes; at most 65536");
    refused(changed(NAMES + 16, 0xffffffff), "a name that is not UTF-8");
  });

  test("what goes on after its end", () => {
    const bytes = serializeMxnet(one);
    refused(Buffer.concat([bytes, Buffer.of(0)]), `it ends at byte ${bytes.length} of ${bytes.length + 1}`);
  });

  test("to write what MXNet has not", () => {
    const tensor: Tensor = { type: "int16", shape: [1], data: Int16Array.of(1) };
    expect(() => serializeMxnet(new Map([["a", tensor]]))).toThrow(
      'tensor "a" holds int16 values, which MXNet has',
    );
    const deep: Tensor = { type: "int8", shape: Array(33).fill(1), data: Int8Array.of(1) };
    expect(() => serializeMxnet(new Map([["a", deep]]))).toThrow("MXNet allows 32 dimensions");
    const short: Tensor = { type: "int8", shape: [2], data: Int8Array.of(1) };
    expect(() => serializeMxnet(new Map([["a", short]]))).toThrow(
      'tensor "a" has 1 elements; its shape [2] says 2',
    );
  });
});
