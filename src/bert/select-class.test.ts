import { expect, test } from "vitest";
import { weightsFixture } from "../../test/support/weights.js";
import { parseWeights } from "../weights/parse-weights.js";
import type { StateDict } from "../weights/tensor.js";
import { selectClass } from "./select-class.js";

const model = parseWeights(weightsFixture("bert.zip.pt"), "torch");
const fineTuned: StateDict = new Map([
  ["output.weight", model.get("nsp.output.weight")!],
  ["output.bias", model.get("nsp.output.bias")!],
  ...model,
]);

test("a model's tensors are those that PyTorch's class saves, in its order", () => {
  expect([...selectClass(fineTuned, "model")]).toEqual([...model]);
});

test("a classifier's are the encoder's, the hidden and the output layer's", () => {
  const names = [...selectClass(fineTuned, "classifier").keys()];
  expect(names.filter((name) => !name.startsWith("encoder."))).toEqual([
    "hidden.0.weight",
    "hidden.0.bias",
    "output.weight",
    "output.bias",
  ]);
  expect(names).toHaveLength(3 + 2 * 16 + 4);
});

test("what is missing is named", () => {
  expect(() => selectClass(model, "classifier")).toThrow(
    "the weights are not all of a BERTClassifier: output.weight, output.bias missing; a model has",
  );
  const headless = new Map([...fineTuned].filter(([name]) => !/^(mlm|nsp|hidden)\./.test(name)));
  expect(() => selectClass(headless, "model")).toThrow(/BERTModel: hidden\.0\.weight, .* and 2 more missing/);
  expect(() => selectClass(new Map(), "model")).toThrow("the weights hold no encoder.token_embedding.weight");
});
