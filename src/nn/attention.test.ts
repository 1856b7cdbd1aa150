import { describe, expect, test } from "vitest";
import { type NetworkRun, runNetwork, uniformFeed } from "../../test/support/network.js";
import { head, reshape } from "../onnx/operators.js";
import type { Feed } from "../runtime/session.js";
import { firstTokenAttention, selfAttention, selfAttentionOverEmbedding } from "./attention.js";
import { embed, type Lookup } from "./embedding.js";
import type { Network } from "./network.js";

const NAME = "attention";
const TOLERANCE = { relative: 1e-6 };

const sizes = [
  { T: 6, B: 3, hidden: 8, heads: 2 },
  { T: 4, B: 2, hidden: 15, heads: 5 },
  { T: 5, B: 2, hidden: 6, heads: 1 },
  { T: 1, B: 1, hidden: 4, heads: 4 },
];

/** The first example keeps all its T tokens, the second one fewer, and so on. */
function maskFeed(T: number, B: number): Feed {
  const data = Float32Array.from({ length: B * T }, (_, i) => (i % T >= T - Math.floor(i / T) ? -1e6 : 0));
  return { data, dims: [B, 1, 1, T] };
}

function dropoutMask(name: string, dims: number[]): { data: Float32Array; dims: number[] } {
  const { data } = uniformFeed(name, dims);
  return { data: data.map((x) => (x < -0.4 ? 0 : 1 / 0.7)), dims };
}

const maskInput = ({ graph }: Network) => graph.input("mask", "float32", ["B", 1, 1, "T"]);

describe.each([0, 0.3])("dropout %d", (dropout) => {
  describe.each(sizes)("$T tokens, $B examples, hidden $hidden, $heads heads", ({ T, B, hidden, heads }) => {
    const symbols = { T, B };
    const full = dropoutMask("attention weights", [B, heads, T, T]);
    const feeds = { mask: maskFeed(T, B), x: uniformFeed("x", [T, B, hidden]) };

    test("attention of the first token is the first row of the attention of all", async () => {
      const first = dropoutMask("", [B, heads, T]);
      for (let row = 0; row < B * heads; row++) {
        first.data.set(full.data.subarray(row * T * T, row * T * T + T), row * T);
      }
      const run = (maskOfWeights: Feed): NetworkRun => ({
        dropout,
        symbols,
        feeds: { ...feeds, "dropout_mask.0": maskOfWeights },
      });
      const fast = await runNetwork((network) => {
        const x = network.graph.input("x", "float32", ["T", "B", hidden]);
        return { output: firstTokenAttention(network, NAME, x, maskInput(network), heads), inputs: [x] };
      }, run(first));
      const plain = await runNetwork((network) => {
        const { graph } = network;
        const x = graph.input("x", "float32", ["T", "B", hidden]);
        const flat = reshape(graph, x, ["B*T", hidden]);
        const all = selfAttention(network, NAME, flat, maskInput(network), heads);
        const output = reshape(graph, head(graph, reshape(graph, all, ["T", "B", hidden]), 1), ["B", hidden]);
        return { output, inputs: [x] };
      }, run(full));

      const { [`${NAME}.W_k.bias`]: keyBias, ...gradients } = plain.gradients;
      expect(fast.output).toBeCloseToTensor(plain.output, TOLERANCE);
      expectSameGradients(fast.gradients, gradients);
      // The softmax takes out what a key's bias adds to all scores, so the fast form leaves it away.
      expect(keyBias).toBeCloseToTensor(new Float32Array(hidden), { absolute: 2e-6 });
    });

    test("attention over an embedding is attention over its sum of rows", async () => {
      const lookupFeeds = {
        ids: { data: Int32Array.from({ length: T * B }, (_, i) => (i * i) % 3), dims: [T, B] },
        places: { data: Int32Array.from({ length: T * B }, (_, i) => Math.floor(i / B)), dims: [T, B] },
      };
      const run = {
        dropout,
        symbols: { ...symbols, U: 3 },
        feeds: { ...feeds, ...lookupFeeds, "dropout_mask.0": full },
      };
      const lookups = (network: Network): Lookup[] => [
        {
          table: network.rows("tokens", ["U", hidden]),
          ids: network.graph.input("ids", "int32", ["T", "B"]),
        },
        {
          table: network.rows("positions", ["T", hidden]),
          ids: network.graph.input("places", "int32", ["T", "B"]),
        },
      ];
      const fast = await runNetwork((network) => {
        const mask = maskInput(network);
        const output = selfAttentionOverEmbedding(network, NAME, lookups(network), mask, hidden, heads);
        return { output };
      }, run);
      const plain = await runNetwork((network) => {
        const x = reshape(network.graph, embed(network, lookups(network)), ["B*T", hidden]);
        return { output: selfAttention(network, NAME, x, maskInput(network), heads) };
      }, run);
      expect(fast.output).toBeCloseToTensor(plain.output, TOLERANCE);
      expectSameGradients(fast.gradients, plain.gradients);
    });
  });
});

/** The same names, and the same values up to a few roundings of the largest gradient. */
function expectSameGradients(actual: Record<string, Float32Array>, expected: Record<string, Float32Array>) {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  const all = Object.values(expected).flatMap((gradient) => [...gradient]);
  const absolute = 1e-6 * Math.max(1, ...all.map(Math.abs));
  for (const [name, gradient] of Object.entries(expected)) {
    expect(actual[name], `gradient of ${name}`).toBeCloseToTensor(gradient, { absolute });
  }
}

test("a number of heads that does not divide the hidden size is refused", async () => {
  const build = (network: Network) => {
    const x = network.graph.input("x", "float32", ["B*T", 30]);
    return { output: selfAttention(network, NAME, x, maskInput(network), 4) };
  };
  await expect(runNetwork(build, { symbols: {}, feeds: {} })).rejects.toThrow(
    "the dimension 7.5 of [T, B, 4, 7.5] is not a whole number",
  );
});
