import { expect, test } from "vitest";
import { runNetwork } from "../../test/support/network.js";
import type { Value } from "../onnx/graph.js";
import type { Network } from "./network.js";
import { type Layout, pad } from "./padding.js";

/** Sequences of 3 and of 1 token: tokens 0 and 1 come first, then 2 and 3 of the longer one. */
const symbols = { T: 3, B: 2, M: 4 };
const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const feeds = {
  x: { data: x, dims: [4, 2] },
  token_at: { data: Int32Array.of(0, 2, 3, 1, 0, 0), dims: [2, 3] },
  place_of: { data: Int32Array.of(0, 3, 1, 2), dims: [4] },
};

function inputs({ graph }: Network): { input: Value; layout: Layout } {
  const layout = {
    tokenAt: graph.input("token_at", "int32", ["B", "T"]),
    placeOf: graph.input("place_of", "int32", ["M"]),
    mask: graph.input("mask", "float32", ["B", 1, "T"]),
  };
  return { input: graph.input("x", "float32", ["M", 2]), layout };
}

test("padding puts tokens where they stand, and anything elsewhere", async () => {
  const { output } = await runNetwork(
    (network) => {
      const { input, layout } = inputs(network);
      return { output: pad(network, input, layout) };
    },
    { symbols, feeds },
  );
  expect([...output]).toEqual([1, 2, 5, 6, 7, 8, 3, 4, 1, 2, 1, 2]);
});
