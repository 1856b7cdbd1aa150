import type { Value } from "../onnx/graph.js";
import {
  add,
  concat,
  gemm,
  matMul,
  matrixOfKnownWidth,
  mul,
  reduceSum,
  reshape,
  softmax,
  transpose,
} from "../onnx/operators.js";
import type { Dim } from "../onnx/shape.js";
import { cutHeads, gatherHeads, joinHeads } from "./heads.js";
import { declareLinear, dropout, type Embedding, linear } from "./layers.js";
import type { Network } from "./network.js";
import { type Layout, pad } from "./padding.js";

/** Tokens that attend to one another: x [M, H] of a micro-batch, and where they stand. */
interface Tokens {
  readonly x: Value;
  readonly layout: Layout;
}

/** What came of it: [M, H]. */
interface Attended {
  readonly attended: Value;
}

/**
 * Multi-head self-attention (Vaswani et al., 2017) with `name.W_q`, `W_k`, `W_v`, `W_o`, all H → H with biases, of
 * several micro-batches.
 * @returns for each micro-batch what was given, and `attended`
 */
export function selfAttention<Inputs extends Tokens>(
  network: Network,
  name: string,
  microBatches: readonly Inputs[],
  hidden: number,
  heads: number,
): (Inputs & Attended)[] {
  const { weight, bias } = stackedProjections(network, name, hidden);
  return microBatches.map((inputs) => {
    const projected = gemm(network.graph, inputs.x, weight, { transB: true, c: bias }); // [M, 3H]
    const rows = cutHeads(network, projected, hidden / heads);
    const { layout } = inputs;
    const projection = (i: number) => gatherHeads(network, rows, layout.tokenAt, i * heads, heads);
    const attended = attend(network, name, projection(0), projection(1), projection(2), layout);
    return { ...inputs, attended };
  });
}

/**
 * {@link selfAttention} over embeddings, whose tables are projected once for all micro-batches: a linear map of a sum of
 * rows is the sum of the maps of the rows, and a batch has far fewer distinct rows than tokens.
 */
export function selfAttentionOverEmbeddings<Inputs extends { readonly layout: Layout }>(
  network: Network,
  name: string,
  embeddings: readonly Embedding<Inputs>[],
  microBatches: readonly Inputs[],
  hidden: number,
  heads: number,
): (Inputs & Attended)[] {
  const { graph } = network;
  const { weight, bias } = stackedProjections(network, name, hidden);
  const projected = embeddings.map(({ table, ids }, i) => {
    const rows = gemm(graph, table, weight, { transB: true, ...(i === 0 ? { c: bias } : {}) }); // [R, 3H]
    return { rows: cutHeads(network, rows, hidden / heads), ids };
  });
  return microBatches.map((inputs) => {
    const { layout } = inputs;
    const padded = projected.map(({ rows, ids }) => ({ rows, at: pad(network, ids(inputs), layout) })); // [B, T]
    const projection = (i: number) =>
      padded
        .map(({ rows, at }) => gatherHeads(network, rows, at, i * heads, heads))
        .reduce((sum, part) => add(graph, sum, part));
    const attended = attend(network, name, projection(0), projection(1), projection(2), layout);
    return { ...inputs, attended };
  });
}

/**
 * Self-attention of the first token alone, which is all that a classifier reads. With one query per head,
 * (x W_kᵀ) q = x (W_kᵀ q) and Σ aₜ (W_v xₜ) = W_v (Σ aₜ xₜ): neither keys nor values of the other tokens are ever
 * made. W_k's bias adds the same number to all scores of a query, which the softmax takes out again.
 * @param first the tokens that ask, [B, H]
 * @param x all tokens, padded: [B, T, H]
 * @param mask see {@link Layout}
 * @returns [B, H]
 */
export function firstTokenAttention(
  network: Network,
  name: string,
  first: Value,
  x: Value,
  mask: Value,
  heads: number,
): Value {
  const { graph } = network;
  const [batch, hidden] = matrixOfKnownWidth(first, name);
  const depth = hidden / heads;
  declareProjections(network, name, hidden);
  const perHead = (projection: string) =>
    reshape(graph, network.parameter(`${name}.${projection}.weight`), [heads, depth, hidden]);

  const query = reshape(graph, linear(network, `${name}.W_q`, first, hidden), [batch, heads, depth]);
  const reach = matMul(graph, query, perHead("W_k"), { transBatchA: true }); // [N, B, H]
  const scores = matMul(graph, reach, x, {
    transBatchA: true,
    transB: true,
    alpha: 1 / Math.sqrt(depth),
  }); // [B, N, T]
  const weights = dropout(network, softmax(graph, add(graph, scores, mask)), "attention"); // [B, N, T]
  const mixed = matMul(graph, weights, x); // [B, N, H]
  const values = matMul(graph, mixed, perHead("W_v"), { transBatchA: true, transB: true }); // [N, B, D]
  const bias = reshape(graph, network.parameter(`${name}.W_v.bias`), [1, heads, depth]);
  const total = reduceSum(graph, weights, [-1], true); // [B, N, 1], not 1 under dropout
  const output = add(graph, transpose(graph, values, [1, 0, 2]), mul(graph, total, bias)); // [B, N, D]
  return linear(network, `${name}.W_o`, reshape(graph, output, [batch, hidden]), hidden);
}

/** Scaled dot-product attention of all heads, and the output projection. q, k, v: [N, B, T, D]; returns [M, H]. */
function attend(network: Network, name: string, q: Value, k: Value, v: Value, layout: Layout): Value {
  const { graph } = network;
  const [heads, , , depth] = q.shape as [number, Dim, Dim, number];
  const scores = matMul(graph, q, k, { transB: true, alpha: 1 / Math.sqrt(depth) }); // [N, B, T, T]
  const weights = dropout(network, softmax(graph, add(graph, scores, layout.mask)), "attention");
  const mixed = matMul(graph, weights, v); // [N, B, T, D]
  return linear(network, `${name}.W_o`, joinHeads(network, mixed, layout), heads * depth);
}

/** W_q, W_k and W_v as one weight [3H, H] and one bias [3H], so that they are applied in one product. */
function stackedProjections(network: Network, name: string, hidden: number): { weight: Value; bias: Value } {
  declareProjections(network, name, hidden);
  const weights = PROJECTIONS.map((projection) => network.parameter(`${name}.${projection}.weight`));
  const biases = PROJECTIONS.map((projection) => network.parameter(`${name}.${projection}.bias`));
  return { weight: concat(network.graph, weights, 0), bias: concat(network.graph, biases, 0) };
}

function declareProjections(network: Network, name: string, hidden: number): void {
  for (const projection of PROJECTIONS) declareLinear(network, `${name}.${projection}`, hidden, hidden);
}

const PROJECTIONS = ["W_q", "W_k", "W_v"] as const;
