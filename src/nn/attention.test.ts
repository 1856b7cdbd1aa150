import { describe, expect, test } from "vitest";
import { freeRows, type NetworkRun, runNetwork, uniformFeed } from "../../test/support/network.js";
import type { Value } from "../onnx/graph.js";
import { head } from "../onnx/operators.js";
import type { Feed } from "../runtime/program.js";
import { firstTokenAttention, selfAttention, selfAttentionOverEmbeddings } from "./attention.js";
import { type Embedding, embed } from "./layers.js";
import type { Network } from "./network.js";
import { type Layout, pad } from "./padding.js";

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
  return { data, dims: [B, 1, T] };
}

function dropoutMask(name: string, dims: number[]): { data: Float32Array; dims: number[] } {
  const { data } = uniformFeed(name, dims);
  return { data: data.map((x) => (x < -0.4 ? 0 : 1 / 0.7)), dims };
}

const maskInput = ({ graph }: Network) => graph.input("mask", "float32", ["B", 1, "T"]);

/** Every place counts as a token, so that M is T·B and padding can be compared, too. */
function layoutInput(network: Network): Layout {
  const { graph } = network;
  return {
    tokenAt: graph.input("token_at", "int32", ["B", "T"]),
    placeOf: graph.input("place_of", "int32", ["M"]),
    mask: maskInput(network),
  };
}

interface IdInputs {
  readonly ids: Value;
  readonly positions: Value;
  readonly layout: Layout;
}

/** Tokens are in time-major order, so that those which ask come first. */
function layoutFeeds(T: number, B: number): Record<string, Feed> {
  const token = Int32Array.from({ length: B * T }, (_, place) => (place % T) * B + Math.floor(place / T));
  const place = Int32Array.from({ length: T * B }, (_, m) => (m % B) * T + Math.floor(m / B));
  return { token_at: { data: token, dims: [B, T] }, place_of: { data: place, dims: [T * B] } };
}

function inputs(network: Network, hidden: number): { input: Value; layout: Layout } {
  return { input: network.graph.input("x", "float32", ["M", hidden]), layout: layoutInput(network) };
}

describe.each([0, 0.3])("dropout %d", (dropout) => {
  describe.each(sizes)("$T tokens, $B examples, hidden $hidden, $heads heads", ({ T, B, hidden, heads }) => {
    const symbols = { T, B, M: T * B };
    const full = dropoutMask("attention weights", [heads, B, T, T]);
    const feeds = { mask: maskFeed(T, B), ...layoutFeeds(T, B) };
    const x = uniformFeed("x", [T * B, hidden]);

    test("attention of the first token is the first row of the attention of all", async () => {
      const first = dropoutMask("", [B, heads, T]);
      for (let b = 0; b < B; b++) {
        for (let n = 0; n < heads; n++) {
          const row = full.data.subarray((n * B + b) * T * T, (n * B + b) * T * T + T);
          first.data.set(row, (b * heads + n) * T);
        }
      }
      const run = (maskOfWeights: Feed): NetworkRun => ({
        dropout,
        symbols,
        feeds: { ...feeds, x, "dropout_mask.0": maskOfWeights },
      });
      const fast = await runNetwork((network) => {
        const { input, layout } = inputs(network, hidden);
        const asking = head(network.graph, input, "B");
        const padded = pad(network, input, layout);
        const output = firstTokenAttention(network, NAME, asking, padded, layout.mask, heads);
        return { output, inputs: [input] };
      }, run(first));
      const plain = await runNetwork((network) => {
        const { input, layout } = inputs(network, hidden);
        const [all] = selfAttention(network, NAME, [{ x: input, layout }], hidden, heads);
        return { output: head(network.graph, all!.attended, "B"), inputs: [input] };
      }, run(full));

      const { [`${NAME}.W_k.bias`]: keyBias, ...gradients } = plain.gradients;
      expect(fast.output).toBeCloseToTensor(plain.output, TOLERANCE);
      expectSameGradients(fast.gradients, gradients);
      // The softmax takes out what a key's bias adds to all scores, so the fast form leaves it away.
      expect(keyBias).toBeCloseToTensor(new Float32Array(hidden), { absolute: 2e-6 });
    });

    test("attention over an embedding is attention over its sum of rows", async () => {
      const idFeeds = {
        ids: { data: Int32Array.from({ length: T * B }, (_, i) => (i * i) % 3), dims: [T * B] },
        positions: { data: Int32Array.from({ length: T * B }, (_, i) => Math.floor(i / B)), dims: [T * B] },
      };
      const run = {
        dropout,
        symbols: { ...symbols, U: 3 },
        feeds: { ...feeds, ...idFeeds, "dropout_mask.0": full },
      };
      const embeddings = (network: Network): Embedding<IdInputs>[] => [
        { table: freeRows(network, "tokens", ["U", hidden]), ids: ({ ids }) => ids },
        { table: freeRows(network, "places", ["T", hidden]), ids: ({ positions }) => positions },
      ];
      const idInputs = (network: Network): IdInputs => ({
        ids: network.graph.input("ids", "int32", ["M"]),
        positions: network.graph.input("positions", "int32", ["M"]),
        layout: layoutInput(network),
      });
      const fast = await runNetwork((network) => {
        const inputs = [idInputs(network)];
        const tables = embeddings(network);
        const [all] = selfAttentionOverEmbeddings(network, NAME, tables, inputs, hidden, heads);
        return { output: all!.attended };
      }, run);
      const plain = await runNetwork((network) => {
        const inputs = idInputs(network);
        const x = embed(network, embeddings(network), inputs);
        const [all] = selfAttention(network, NAME, [{ ...inputs, x }], hidden, heads);
        return { output: all!.attended };
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
    const x = network.graph.input("x", "float32", ["M", 30]);
    const [all] = selfAttention(network, NAME, [{ x, layout: layoutInput(network) }], 30, 4);
    return { output: all!.attended };
  };
  await expect(runNetwork(build, { symbols: {}, feeds: {} })).rejects.toThrow(
    "the dimension 7.5 of [12*M, 7.5] is not a whole number",
  );
});
