import { describe, expect, test } from "vitest";
import { described, expectedTensors, weightsFixture } from "../../test/support/weights.js";
import { swapped } from "./elements.js";
import { parseTorch } from "./torch.js";

const expected = expectedTensors("expected.json");
const namesOf = (file: string, key?: string) => [...parseTorch(weightsFixture(file), key).keys()];

test("what Python 2 wrote: ordered dictionaries made of lists, with attributes, on a GPU", () => {
  const state = parseTorch(weightsFixture("python2.legacy.pt"));
  expect(described(state)).toEqual(Object.entries(expected.python2!));
});

test("where the tensors were is of no matter", () => {
  const state = parseTorch(weightsFixture("cuda.zip.pt"));
  expect(described(state)).toEqual(Object.entries(expected.linear!));
});

test("what a big-endian machine wrote is read with its bytes swapped", () => {
  // The fixture holds little-endian elements and says that they are big-endian.
  const state = parseTorch(weightsFixture("big-endian.zip.pt"));
  for (const [name, tensor] of parseTorch(weightsFixture("linear.zip.pt"))) {
    const { type, data } = state.get(name)!;
    const bytes = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
    expect(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), name).toEqual(
      swapped(bytes, tensor.type as "float32"),
    );
    expect(type).toBe(tensor.type);
  }
  expect(swapped(Uint8Array.of(1, 2, 3, 4), "int16")).toEqual(Uint8Array.of(2, 1, 4, 3));
});

describe.each(["zip", "legacy"])("several dictionaries of tensors, %s format", (format) => {
  const file = `several.${format}.pt`;

  test("are listed, and key names one", () => {
    expect(() => parseTorch(weightsFixture(file))).toThrow(
      'several dictionaries of tensors, and key says which is wanted: "model" (2 tensors), "ema.state_dict" (2 tensors)',
    );
    const state = parseTorch(weightsFixture(file), "ema.state_dict");
    expect(described(state)).toEqual(Object.entries(expected.several!));
  });

  test("are listed where key names none", () => {
    expect(() => parseTorch(weightsFixture(file), "ema")).toThrow(
      'no dictionary of tensors at the key "ema"; found: "model" (2 tensors), "ema.state_dict" (2 tensors)',
    );
  });
});

test("key reaches what is not taken by itself: the moments of an optimizer", () => {
  expect(namesOf("training.zip.pt", "optimizer_states.0.state.0")).toEqual(["step", "exp_avg", "exp_avg_sq"]);
  expect(namesOf("training.zip.pt", "callbacks.checkpoint")).toEqual(["score"]);
  expect(namesOf("training.zip.pt", "")).toEqual(["loss"]);
});

test("a tensor beside the one dictionary of tensors is not in its way", () => {
  expect(namesOf("mixed.zip.pt")).toEqual(["weight", "bias"]);
});

test("equal dictionaries under different keys are several", () => {
  expect(() => parseTorch(weightsFixture("two-states.zip.pt"))).toThrow(
    '"encoder" (2 tensors), "decoder" (2 tensors)',
  );
});

describe.each(["zip", "legacy"])("tensors of types that are not read, %s format", (format) => {
  const state = parseTorch(weightsFixture(`unread.${format}.pt`));

  test("are listed", () => {
    expect([...state].map(([name, { type, shape }]) => [name, type, shape])).toEqual([
      ["uint16", "uint16", [2]],
      ["float8", "float8_e4m3fn", [2, 2]],
      ["complex", "complex64", [3]],
      ["quantised", "quint8", [2]],
      ["sparse", "sparse_coo", [2, 2]],
      ["csr", "sparse_csr", [2, 2]],
      ["negated", "conjugated or negated float32", [2]],
      ["meta", "meta (without values)", [4]],
      ["wanted", "float32", [2]],
    ]);
  });

  test("are refused where their elements are needed, and the others are not", () => {
    expect([...state.get("wanted")!.data]).toEqual([0.5, -2]);
    expect(() => state.get("float8")!.data).toThrow(
      'tensor "float8" holds "float8_e4m3fn" values, which are not read; save it again as float32',
    );
  });
});
