import { expect, test } from "vitest";
import { runNetwork } from "../../test/support/network.js";
import type { Value } from "../onnx/graph.js";
import { mul } from "../onnx/operators.js";
import type { Network } from "./network.js";
import { type Layout, pad, unpad } from "./padding.js";

/** Sequences of 3 and of 1 token: tokens 0 and 1 come first, then 2 and 3 of the longer one. */
const symbols = { T: 3, B: 2, M: 4 };
const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const feeds = {
  x: { data: x, dims: [4, 2] },
  token_at: { data: Int32Array.of(0, 1, 2, 0, 3, 0), dims: [3, 2] },
  place_of: { data: Int32Array.of(0, 1, 2, 4), dims: [4] },
};

function inputs({ graph }: Network): { input: Value; layout: Layout } {
  const layout = {
    tokenAt: graph.input("token_at", "int32", ["T", "B"]),
    placeOf: graph.input("place_of", "int32", ["M"]),
    mask: graph.input("mask", "float32", ["B", 1, 1, "T"]),
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
  expect([...output]).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 7, 8, 1, 2]);
});

test("what is padded and unpadded is what it was, and so is its gradient", async () => {
  const build = (through: boolean) => (network: Network) => {
    const { input, layout } = inputs(network);
    const y = mul(network.graph, input, input);
    const output = through ? unpad(network, pad(network, y, layout), layout) : y;
    return { output, inputs: [input] };
  };
  const there = await runNetwork(build(true), { symbols, feeds });
  const plain = await runNetwork(build(false), { symbols, feeds });
  expect(there).toEqual(plain);
});
