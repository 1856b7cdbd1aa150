import { describe, expect, test } from "vitest";
import { weightsFixture } from "../../test/support/weights.js";
import { parseWeights } from "../weights/parse-weights.js";
import type { StateDict } from "../weights/tensor.js";
import { describePrefix, takeOffPrefix } from "./name-prefix.js";

const withPrefix = (state: StateDict, prefix: string): StateDict =>
  new Map([...state].map(([name, tensor]) => [prefix + name, tensor]));

describe.each(["bert.zip.pt", "mxnet-bert.params"])("of %s", (file) => {
  const bert = parseWeights(weightsFixture(file), file);

  test.each(["module.", "_orig_mod.", "model.", "bert.", "module._orig_mod.net.", "encoder."])(
    "%s is taken off",
    (prefix) => {
      expect(takeOffPrefix(withPrefix(bert, prefix))).toEqual({ state: bert, prefix });
    },
  );

  test("nothing is taken off where there is nothing, or not all names have it", () => {
    expect(takeOffPrefix(bert)).toEqual({ state: bert, prefix: "" });
    const mixed = withPrefix(bert, "module.").set("averaged", bert.values().next().value!);
    expect(takeOffPrefix(mixed)).toEqual({ state: mixed, prefix: "" });
    const glued = withPrefix(bert, "my");
    expect(takeOffPrefix(glued)).toEqual({ state: glued, prefix: "" });
  });
});

test("what is no BERT keeps its names", () => {
  const state = withPrefix(parseWeights(weightsFixture("linear.zip.pt"), "linear"), "module.");
  expect(takeOffPrefix(state)).toEqual({ state, prefix: "" });
  expect(describePrefix("module.")).toBe('the names of all tensors begin with "module.", which is taken off');
});
