import { expect, test } from "vitest";
import { described, weightsFixture } from "../../test/support/weights.js";
import { PLAIN_DATA, unpickle } from "./pickle.js";
import { pickle } from "./pickle-writer.js";
import type { StateDict, Tensor } from "./tensor.js";
import { parseTorch } from "./torch.js";
import { serializeLegacyTorch, serializeTorch } from "./torch-writer.js";
import { openZip } from "./zip-directory.js";

const writers = [
  ["zip", serializeTorch],
  ["legacy", serializeLegacyTorch],
] as const;

test.each(writers)("%s: what PyTorch wrote is written and read again as it was", (_, serialize) => {
  for (const file of ["types.zip.pt", "views.zip.pt", "many.zip.pt", "nothing.zip.pt", "bert.zip.pt"]) {
    const state = parseTorch(weightsFixture(file));
    expect(described(parseTorch(serialize(state))), file).toEqual(described(state));
  }
});

test.each(writers)("%s: more tensors than are set at once keep their order", (_, serialize) => {
  const state: StateDict = new Map();
  for (let i = 2500; i > 0; i--) {
    state.set(`größe.${i}`, { type: "float32", shape: [], data: Float32Array.of(i) });
  }
  expect([...parseTorch(serialize(state))]).toEqual([...state]);
});

test.each(writers)("%s: equal tensors give equal bytes, whatever memory they lie in", (_, serialize) => {
  const state = parseTorch(weightsFixture("bert.zip.pt"));
  const copy = new Map([...state].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));
  expect(serialize(state)).toEqual(serialize(copy));
});

test.each(writers)("%s: a tensor of a type that PyTorch has no storage for is refused", (_, serialize) => {
  const tensor: Tensor = { type: "uint16", shape: [1], data: Uint16Array.of(1) };
  expect(() => serialize(new Map([["w", tensor]]))).toThrow(
    /^tensor "w" holds uint16 values; PyTorch's formats are written with float64, float32, /,
  );
});

test("the archive's records are those of torch.save", () => {
  const zip = openZip(serializeTorch(parseTorch(weightsFixture("linear.zip.pt"))));
  const library = openZip(weightsFixture("linear.zip.pt"));
  for (const record of ["byteorder", "version", "data/0", "data/5"]) {
    expect(zip.read(`archive/${record}`), record).toEqual(library.read(`linear.zip/${record}`));
  }
});

test.each(writers)("%s: refuses data that do not fit their shape", (_, serialize) => {
  const tensor: Tensor = { type: "float32", shape: [2], data: new Float32Array(3) };
  expect(() => serialize(new Map([["w", tensor]]))).toThrow(
    'tensor "w" has 3 elements; its shape [2] says 2',
  );
});

test.each([
  0,
  -1,
  255,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 31,
  -(2 ** 31) - 1,
  128n * 2n ** 48n,
  -(2n ** 63n),
  2n ** 63n,
  null,
  true,
  false,
  "größe",
  [],
])("pickles %s", (value) => {
  const { value: back } = unpickle(pickle(value), 0, PLAIN_DATA);
  expect(typeof back === "number" && typeof value === "bigint" ? BigInt(back) : back).toEqual(value);
});
