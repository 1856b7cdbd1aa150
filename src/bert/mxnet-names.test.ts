import { expect, test } from "vitest";
import { weightsFixture } from "../../test/support/weights.js";
import { parseWeights } from "../weights/parse-weights.js";
import type { StateDict } from "../weights/tensor.js";
import { toMxnetNames, toTorchNames } from "./mxnet-names.js";

const mxnet = parseWeights(weightsFixture("mxnet-bert.params"), "mxnet");
const torch = parseWeights(weightsFixture("bert.zip.pt"), "torch");
const sorted = (state: StateDict) => [...state].sort(([a], [b]) => (a < b ? -1 : 1));

test("what gluon saved has, renamed, the names, shapes and values of what PyTorch saved", () => {
  expect(sorted(toTorchNames(mxnet))).toEqual(sorted(torch));
});

test("and the other way round", () => {
  expect(sorted(toMxnetNames(torch))).toEqual(sorted(mxnet));
  expect(toTorchNames(toMxnetNames(torch))).toEqual(torch);
});

test("what has the wanted names already, or is no BERT, stays the same", () => {
  expect(toTorchNames(torch)).toBe(torch);
  expect(toMxnetNames(mxnet)).toBe(mxnet);
  const other: StateDict = new Map([["hidden.weight", torch.get("hidden.0.weight")!]]);
  expect(toTorchNames(other)).toBe(other);
  expect(toMxnetNames(other)).toBe(other);
});

test("an output layer keeps its name, and so does a tensor of the model itself", () => {
  const more: [string, StateDict][] = ["output.weight", "temperature"].map((name) => [
    name,
    new Map([...mxnet, [name, mxnet.get("hidden.bias")!] as const]),
  ]);
  for (const [name, state] of more) expect(toTorchNames(state).has(name)).toBe(true);
});

test("names of both families at once are refused rather than one lost", () => {
  const both: StateDict = new Map([...mxnet, ["hidden.0.weight", torch.get("hidden.0.weight")!] as const]);
  expect(() => toTorchNames(both)).toThrow(
    "the weights have hidden.0.weight under the names of d2l's PyTorch and of its",
  );
});
