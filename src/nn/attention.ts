import type { Value } from "../onnx/graph.js";
import {
  add,
  concat,
  gemm,
  head,
  matMul,
  mul,
  reduceSum,
  reshape,
  softmax,
  split,
  transpose,
} from "../onnx/operators.js";
import type { Dim } from "../onnx/shape.js";
import { dropout } from "./dropout.js";
import { embed, projectTables } from "./embedding.js";
import { linear } from "./linear.js";
import type { Network } from "./network.js";
import { type Layout, pad, unpad } from "./padding.js";

/**
 * Multi-head self-attention (Vaswani et al., 2017) with `name.W_q`, `W_k`, `W_v`, `W_o`, all H → H with biases, of
 * several micro-batches. A head is reached without transposing a copy, since the layout is time-major.
 * @param inputs x [M, H] and the layout of each micro-batch
 * @returns [M, H] for each
 */
export function selfAttention(
  network: Network,
  name: string,
  inputs: readonly { readonly x: Value; readonly layout: Layout }[],
  heads: number,
): Value[] {
  const { graph } = network;
  const hidden = inputs[0]!.x.shape[1] as number;
  const { weight, bias } = stackedProjections(network, name, hidden);
  return inputs.map(({ x, layout }) => {
    const projected = gemm(graph, x, weight, { transB: true, c: bias }); // [M, 3H]
    const parts = split(graph, projected, [hidden, hidden, hidden], 1);
    return attend(
      network,
      name,
      parts.map((part) => pad(network, part, layout)),
      layout,
      heads,
    );
  });
}

/** {@link selfAttention} over embeddings, whose tables are projected once for all micro-batches. */
export function selfAttentionOverEmbeddings(
  network: Network,
  name: string,
  tables: readonly Value[],
  inputs: readonly { readonly ids: readonly Value[]; readonly layout: Layout }[],
  heads: number,
): Value[] {
  const hidden = tables[0]!.shape[1] as number;
  const { weight, bias } = stackedProjections(network, name, hidden);
  const projected = projectTables(network, tables, weight, bias, hidden);
  return inputs.map(({ ids, layout }) => {
    const padded = ids.map((id) => pad(network, id, layout)); // [T, B]
    const projections = projected.map((projection) => embed(network, projection, padded)); // [T, B, H]
    return attend(network, name, projections, layout, heads);
  });
}

/**
 * Self-attention of the first token alone, which is all that a classifier reads. With one query per head,
 * (x W_kᵀ) q = x (W_kᵀ q) and Σ aₜ (W_v xₜ) = W_v (Σ aₜ xₜ): neither keys nor values of the other tokens are ever
 * made. W_k's bias adds the same number to all scores of a query, which the softmax takes out again.
 * @param x [T, B, H]
 * @returns [B, H]
 */
export function firstTokenAttention(
  network: Network,
  name: string,
  x: Value,
  mask: Value,
  heads: number,
): Value {
  const { graph } = network;
  const hidden = x.shape[2] as number;
  const depth = hidden / heads;
  const perHead = (parameter: string) =>
    reshape(graph, network.parameter(`${name}.${parameter}.weight`, [hidden, hidden]), [
      heads,
      depth,
      hidden,
    ]);

  const [length, batch] = x.shape as [Dim, Dim, Dim];
  const first = reshape(graph, head(graph, x, 1), [batch, hidden]);
  const query = reshape(graph, linear(network, `${name}.W_q`, first, hidden), [batch, heads, depth]);
  const reach = matMul(graph, query, perHead("W_k"), { transBatchA: true }); // [N, B, H]
  const scores = matMul(graph, reach, x, {
    transBatchA: true,
    transBatchB: true,
    transB: true,
    alpha: 1 / Math.sqrt(depth),
  }); // [B, N, T]
  const masked = add(graph, scores, reshape(graph, mask, [batch, 1, length]));
  const weights = dropout(network, softmax(graph, masked)); // [B, N, T]
  const mixed = matMul(graph, weights, x, { transBatchB: true }); // [B, N, H]
  const values = matMul(graph, mixed, perHead("W_v"), { transBatchA: true, transB: true }); // [N, B, D]
  const bias = reshape(graph, network.parameter(`${name}.W_v.bias`, [hidden]), [1, heads, depth]);
  const total = reduceSum(graph, weights, [-1], true); // [B, N, 1], not 1 under dropout
  const output = add(graph, transpose(graph, values, [1, 0, 2]), mul(graph, total, bias)); // [B, N, D]
  return linear(network, `${name}.W_o`, reshape(graph, output, [batch, hidden]), hidden);
}

/** Scaled dot-product attention of all heads, and the output projection. q, k, v: [T, B, H]; returns [M, H]. */
function attend(
  network: Network,
  name: string,
  projections: readonly Value[],
  layout: Layout,
  heads: number,
): Value {
  const { graph } = network;
  const [length, batch, hidden] = projections[0]!.shape as [Dim, Dim, number];
  const depth = hidden / heads;
  const [q, k, v] = projections.map((x) => reshape(graph, x, [length, batch, heads, depth]));
  const scores = matMul(graph, q!, k!, {
    transBatchA: true,
    transBatchB: true,
    transB: true,
    alpha: 1 / Math.sqrt(depth),
  }); // [B, N, T, T]
  const weights = dropout(network, softmax(graph, add(graph, scores, layout.mask)));
  const mixed = matMul(graph, weights, v!, { transBatchB: true }); // [B, N, T, D]
  const joined = unpad(network, transpose(graph, mixed, [2, 0, 1, 3]), layout); // [M, H]
  return linear(network, `${name}.W_o`, joined, hidden);
}

/** W_q, W_k and W_v as one weight [3H, H] and one bias [3H], so that they are applied in one product. */
function stackedProjections(network: Network, name: string, hidden: number): { weight: Value; bias: Value } {
  const names = ["W_q", "W_k", "W_v"].map((projection) => `${name}.${projection}`);
  const weights = names.map((projection) => network.parameter(`${projection}.weight`, [hidden, hidden]));
  const biases = names.map((projection) => network.parameter(`${projection}.bias`, [hidden]));
  return { weight: concat(network.graph, weights, 0), bias: concat(network.graph, biases, 0) };
}
