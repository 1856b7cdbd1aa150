import { expect, test } from "vitest";
import { runNetwork } from "../../test/support/network.js";
import { mul } from "../onnx/operators.js";
import { cutHeads, gatherHeads, joinHeads } from "./heads.js";
import type { Network } from "./network.js";
import type { Layout } from "./padding.js";

/** Sequences of 3 and of 1 token; two projections of two heads of one number each. */
const symbols = { T: 3, B: 2, M: 4 };
const x = Float32Array.from({ length: 4 * 4 }, (_, i) => 10 * Math.floor(i / 4) + (i % 4));
const feeds = {
  x: { data: x, dims: [4, 4] },
  token_at: { data: Int32Array.of(0, 2, 3, 1, 0, 0), dims: [2, 3] },
  place_of: { data: Int32Array.of(0, 3, 1, 2), dims: [4] },
};

function layoutInput({ graph }: Network): Layout {
  return {
    tokenAt: graph.input("token_at", "int32", ["B", "T"]),
    placeOf: graph.input("place_of", "int32", ["M"]),
    mask: graph.input("mask", "float32", ["B", 1, "T"]),
  };
}

test("the heads of a projection are gathered one after another, each for all examples and places", async () => {
  const { output } = await runNetwork(
    (network) => {
      const rows = cutHeads(network, network.graph.input("x", "float32", ["M", 4]), 1);
      return { output: gatherHeads(network, rows, layoutInput(network).tokenAt, 2, 2) };
    },
    { symbols, feeds },
  );
  expect([...output]).toEqual([2, 22, 32, 12, 2, 2, 3, 23, 33, 13, 3, 3]);
});

test("heads that are gathered and joined are what they were, and so is their gradient", async () => {
  const build = (through: boolean) => (network: Network) => {
    const input = network.graph.input("x", "float32", ["M", 4]);
    const layout = layoutInput(network);
    const y = mul(network.graph, input, input);
    const gathered = gatherHeads(network, cutHeads(network, y, 1), layout.tokenAt, 0, 4);
    return { output: through ? joinHeads(network, gathered, layout) : y, inputs: [input] };
  };
  const there = await runNetwork(build(true), { symbols, feeds });
  const plain = await runNetwork(build(false), { symbols, feeds });
  expect(there).toEqual(plain);
});
