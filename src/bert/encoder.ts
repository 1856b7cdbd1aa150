import { addNorm } from "../nn/add-norm.js";
import { firstTokenAttention, selfAttention, selfAttentionOverEmbedding } from "../nn/attention.js";
import { embed, type Lookup } from "../nn/embedding.js";
import { feedForward } from "../nn/feed-forward.js";
import type { Network } from "../nn/network.js";
import type { Value } from "../onnx/graph.js";
import { add, head, reshape } from "../onnx/operators.js";
import { type BertConfig, blockName } from "./config.js";

/**
 * The encoder of d2l section 15.8 up to what a classifier reads: the last block's output for the first token.
 * Declares the inputs
 * - tokens [T, B]: for each token, which of the U distinct token rows is its own
 * - position_segments [T, B]: 2 · position + segment
 * - attention_mask [B, 1, 1, T]: 0 at tokens, -1e6 at padding
 * @returns [B, H]
 */
export function encodeFirstToken(network: Network, config: BertConfig): Value {
  const { graph } = network;
  const { hidden, ffn, heads, blocks } = config;
  const lookups = embeddingLookups(network, hidden);
  const mask = graph.input("attention_mask", "float32", ["B", 1, 1, "T"]);
  let x = reshape(graph, embed(network, lookups), ["B*T", hidden]);
  for (let i = 0; i < blocks - 1; i++) {
    const attention = `${blockName(i)}.attention`;
    const attended =
      i === 0
        ? selfAttentionOverEmbedding(network, attention, lookups, mask, hidden, heads)
        : selfAttention(network, attention, x, mask, heads);
    x = residuals(network, blockName(i), x, attended, hidden, ffn);
  }
  const last = blockName(blocks - 1);
  const tokens = reshape(graph, x, ["T", "B", hidden]);
  const attended = firstTokenAttention(network, `${last}.attention`, tokens, mask, heads);
  const first = reshape(graph, head(graph, tokens, 1), ["B", hidden]);
  return residuals(network, last, first, attended, hidden, ffn);
}

/** Token, segment and position embedding; the latter two as one table, since there are few pairs of them. */
function embeddingLookups(network: Network, hidden: number): Lookup[] {
  const { graph } = network;
  const tokens = network.rows("encoder.token_embedding.weight", ["U", hidden]);
  const positions = network.rows("encoder.pos_embedding", ["T", hidden]);
  const segments = network.parameter("encoder.segment_embedding.weight", [2, hidden]);
  const both = add(
    graph,
    reshape(graph, positions, ["T", 1, hidden]),
    reshape(graph, segments, [1, 2, hidden]),
  ); // [T, 2, H]
  return [
    { table: tokens, ids: graph.input("tokens", "int32", ["T", "B"]) },
    {
      table: reshape(graph, both, ["2*T", hidden]),
      ids: graph.input("position_segments", "int32", ["T", "B"]),
    },
  ];
}

/** What follows the attention in a post-norm block: residual, feed-forward network, residual. x, attended [M, H]. */
function residuals(
  network: Network,
  block: string,
  x: Value,
  attended: Value,
  hidden: number,
  ffn: number,
): Value {
  const y = addNorm(network, `${block}.addnorm1`, x, attended);
  return addNorm(network, `${block}.addnorm2`, y, feedForward(network, `${block}.ffn`, y, hidden, ffn));
}
