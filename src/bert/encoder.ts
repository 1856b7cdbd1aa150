import { addNorm } from "../nn/add-norm.js";
import { firstTokenAttention, selfAttention, selfAttentionOverEmbeddings } from "../nn/attention.js";
import { embed } from "../nn/embedding.js";
import { feedForward } from "../nn/feed-forward.js";
import { normal } from "../nn/initialise.js";
import type { Network } from "../nn/network.js";
import { type Layout, pad } from "../nn/padding.js";
import type { Value } from "../onnx/graph.js";
import { add, gather, head } from "../onnx/operators.js";
import { type BertConfig, blockName } from "./config.js";

/** Standard deviations of fresh embeddings. */
export interface EmbeddingStd {
  /** Default 1, as in PyTorch. */
  readonly embeddingStd?: number | undefined;
  /** Of the position embedding; default: as the others. */
  readonly positionStd?: number | undefined;
}

export const TOKENS = "encoder.token_embedding.weight";
export const POSITIONS = "encoder.pos_embedding";
const SEGMENTS = "encoder.segment_embedding.weight";

/**
 * The encoder of d2l section 15.8 up to what a classifier reads: the last block's output for the first token.
 * Works on several micro-batches, which share the rows of the embedding tables; padding takes part in nothing but
 * attention. Positions are fed by rows, one for each of the pairs. Declares segment_of [P], the segments of the pairs, and
 * for micro-batch i of B sequences with M tokens, the longest of which has T, the inputs
 * - tokens.i [M]: for each token, which of the U distinct token rows is its own
 * - position_segments.i [M]: and which of the P distinct pairs of position and segment
 * - token_at.i [B, T], place_of.i [M], attention_mask.i [B, 1, T]: see {@link Layout}
 * @returns for each micro-batch [B, H]
 */
export function encodeFirstToken(
  network: Network,
  config: BertConfig,
  microBatches: number,
  std: EmbeddingStd = {},
): Value[] {
  const { graph } = network;
  const { hidden, ffn, heads, blocks } = config;
  const tables = embeddingTables(network, config, std);
  const inputs = Array.from({ length: microBatches }, (_, i) => microBatchInputs(network, i));
  let xs = inputs.map(({ ids }) => embed(network, tables, ids)); // [M, H]
  for (let i = 0; i < blocks - 1; i++) {
    const block = blockName(i);
    const attention = `${block}.attention`;
    const attended =
      i === 0
        ? selfAttentionOverEmbeddings(network, attention, tables, inputs, heads)
        : selfAttention(
            network,
            attention,
            xs.map((x, m) => ({ x, layout: inputs[m]!.layout })),
            heads,
          );
    xs = xs.map((x, m) => residuals(network, block, x, attended[m]!, hidden, ffn));
  }
  const last = blockName(blocks - 1);
  return xs.map((x, m) => {
    const { layout } = inputs[m]!;
    const padded = pad(network, x, layout); // [B, T, H]
    const first = head(graph, x, padded.shape[0]!); // [B, H]
    const attended = firstTokenAttention(network, `${last}.attention`, first, padded, layout.mask, heads);
    return residuals(network, last, first, attended, hidden, ffn);
  });
}

/** The inputs of micro-batch i, with symbols of its own for its sizes. */
function microBatchInputs({ graph }: Network, i: number): { ids: Value[]; layout: Layout } {
  const [batch, length, tokens] = [`B${i}`, `T${i}`, `M${i}`];
  return {
    ids: ["tokens", "position_segments"].map((name) => graph.input(`${name}.${i}`, "int32", [tokens])),
    layout: {
      tokenAt: graph.input(`token_at.${i}`, "int32", [batch, length]),
      placeOf: graph.input(`place_of.${i}`, "int32", [tokens]),
      mask: graph.input(`attention_mask.${i}`, "float32", [batch, 1, length]),
    },
  };
}

/** Token embedding [U, H], and the sums of position and segment embedding [P, H], since there are few pairs of them. */
function embeddingTables(
  network: Network,
  { vocabularySize, maxPositions, hidden }: BertConfig,
  { embeddingStd = 1, positionStd = embeddingStd }: EmbeddingStd,
): Value[] {
  network.declare(POSITIONS, [1, maxPositions, hidden], normal(positionStd), { decays: true });
  network.declare(TOKENS, [vocabularySize, hidden], normal(embeddingStd), { decays: true });
  network.declare(SEGMENTS, [2, hidden], normal(embeddingStd), { decays: true });
  const tokens = network.rows(TOKENS, "U");
  const positions = network.rows(POSITIONS, "P");
  const segments = network.parameter(SEGMENTS);
  const segmentOf = network.graph.input("segment_of", "int32", ["P"]);
  return [tokens, add(network.graph, positions, gather(network.graph, segments, segmentOf))];
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
