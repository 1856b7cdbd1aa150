import { describe, expect, test } from "vitest";
import { Random } from "../random.js";
import type { StateDict, Tensor } from "../weights/tensor.js";
import { BertClassifier } from "./bert-classifier.js";

const config = { vocabularySize: 30, hidden: 8, ffn: 12, heads: 2, blocks: 1, maxPositions: 16 };
const labels = ["a", "b", "c"];
const scratch = (seed = 0, names = labels) => BertClassifier.fromScratch(config, names, new Random(seed));
const tensor = (...shape: number[]): Tensor => ({
  type: "float32",
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5),
});
const without = (state: StateDict, start: string): StateDict =>
  new Map([...state].filter(([name]) => !name.startsWith(start)));
const restore = (state: StateDict, names = labels) =>
  BertClassifier.fromStateDict(config, names, state, new Random(9));

describe("fromScratch", () => {
  test("draws the same parameters from the same seed", () => {
    expect(scratch(1).stateDict()).toEqual(scratch(1).stateDict());
    expect(scratch(1).stateDict()).not.toEqual(scratch(2).stateDict());
  });

  test("refuses sizes that do not fit together", () => {
    const build = () => BertClassifier.fromScratch({ ...config, heads: 3 }, labels, new Random(0));
    expect(build).toThrow("3 heads do not divide the hidden size 8");
  });
});

describe("fromStateDict", () => {
  test("restores what stateDict gives, in memory of its own that threads share", () => {
    const state = scratch().stateDict();
    const model = restore(state);
    expect(model.stateDict()).toEqual(state);
    for (const [name, { data }] of model.parameters) {
      expect(data.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(data.buffer).not.toBe(state.get(name)!.data.buffer);
    }
  });

  test("draws a fresh output layer where there is none, or one of another number of labels", () => {
    const state = scratch().stateDict();
    for (const pretrained of [without(state, "output."), scratch(0, ["a", "b"]).stateDict()]) {
      const output = restore(pretrained).parameters.get("output.weight")!;
      expect(output.shape).toEqual([3, 8]);
      expect(Math.max(...output.data)).toBeGreaterThan(0);
      expect(restore(pretrained).parameters.get("output.weight")).toEqual(output);
    }
  });

  test("keeps the pretraining heads aside", () => {
    const state = new Map([...scratch().stateDict(), ["mlm.mlp.0.weight", tensor(8, 8)]]);
    state.set("nsp.output.bias", tensor(2));
    const model = restore(state);
    expect([...model.unused.keys()]).toEqual(["mlm.mlp.0.weight", "nsp.output.bias"]);
    expect(model.parameters.has("mlm.mlp.0.weight")).toBe(false);
    expect(model.stateDict()).toEqual(state);
  });

  test("takes other floating-point types, but no integers", () => {
    const state = scratch().stateDict();
    state.set("hidden.0.bias", { type: "float64", shape: [8], data: new Float64Array(8).fill(0.1) });
    expect(restore(state).parameters.get("hidden.0.bias")!.data).toEqual(new Float32Array(8).fill(0.1));
    state.set("hidden.0.bias", { type: "int32", shape: [8], data: new Int32Array(8) });
    expect(() => restore(state)).toThrow("hidden.0.bias holds int32 values");
  });

  test("lists every tensor that is missing, superfluous or of another shape", () => {
    const state = without(scratch().stateDict(), "encoder.segment");
    state.set("hidden.0.weight", tensor(8, 9));
    state.set("pooler.dense.weight", tensor(8, 8));
    expect(() => restore(state)).toThrow(
      [
        "the weights do not fit the model:",
        "  encoder.segment_embedding.weight: expected [2, 8], not found",
        "  hidden.0.weight: expected [8, 8], found [8, 9]",
        "  pooler.dense.weight: not part of the model, found [8, 8]",
      ].join("\n"),
    );
  });

  test("cuts a long list of complaints short", () => {
    expect(() => restore(new Map())).toThrow(/\n {2}and \d+ more$/);
  });
});
