import fc from "fast-check";
import { expect, test } from "vitest";
import { described } from "../../test/support/weights.js";
import { elementSize, elementsOf } from "./elements.js";
import { parseWeights } from "./parse-weights.js";
import { formatOfName, serializeWeights, WEIGHTS_FORMATS } from "./serialize-weights.js";
import type { StateDict, TensorType } from "./tensor.js";

/** The element types that every format has. */
const TYPES: TensorType[] = ["float64", "float32", "float16", "int64", "int32", "int8", "uint8", "bool"];

const tensor = fc
  .tuple(fc.constantFrom(...TYPES), fc.array(fc.nat(4), { maxLength: 4 }))
  .chain(([type, shape]) => {
    const length = elementSize(type) * shape.reduce((product, dimension) => product * dimension, 1);
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bytes) => ({ type, shape, data: elementsOf(bytes, type) }));
  });
const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((text) => text !== "__metadata__");
const state = fc.array(fc.tuple(name, tensor), { maxLength: 8 }).map((items): StateDict => new Map(items));

test.each(WEIGHTS_FORMATS)("%s: whatever is written is read again, bit for bit", (format) => {
  fc.assert(
    fc.property(state, (tensors) => {
      const back = parseWeights(serializeWeights(tensors, format), format);
      expect(new Map(described(back))).toEqual(new Map(described(tensors)));
      // safetensors puts wide elements first
      if (format !== "safetensors") expect([...back.keys()]).toEqual([...tensors.keys()]);
    }),
    { seed: 1, numRuns: 100 },
  );
});

test.each([
  ["model.safetensors", "safetensors"],
  ["pretrained.params", "torch"],
  ["a/b.PT", "torch"],
  ["pytorch_model.bin", "torch"],
  ["x.pth", "torch"],
  ["weights.tar.npz", "npz"],
  ["params", undefined],
  ["weights.onnx", undefined],
  ["folder.pt/weights", undefined],
])("%s stands for %s", (fileName, format) => {
  expect(formatOfName(fileName)).toBe(format);
});
