import { firstTokenAttention, selfAttention, selfAttentionOverEmbeddings } from "../nn/attention.js";
import { normal } from "../nn/initialise.js";
import { addNorm, dropout, type Embedding, embed, feedForward, layerNorm, linear } from "../nn/layers.js";
import type { Network } from "../nn/network.js";
import { type Layout, pad } from "../nn/padding.js";
import type { Value } from "../onnx/graph.js";
import { add, gather, head, matMul, reshape, softmax } from "../onnx/operators.js";
import { type BertConfig, type BertVariant, blockName } from "./config.js";
import { type EncoderInputs, type MicroBatchInputs, POSITION_TABLE, TOKEN_TABLE } from "./inputs.js";

/** Standard deviations of fresh embeddings. */
export interface EmbeddingStd {
  /** Default 1, as in PyTorch. */
  readonly embeddingStd?: number | undefined;
  /** Of the position embedding; default: as the others. */
  readonly positionStd?: number | undefined;
}

/** Of published BERTs. */
const EMBEDDING_NORM = "encoder.embedding_norm";
const EMBEDDING_PROJECTION = "encoder.embedding_projection";
const SEGMENT_TABLE = "encoder.segment_embedding.weight";

/** What is known of the tokens of a micro-batch. */
export interface TokenStates {
  /** [M, H] */
  readonly x: Value;
  readonly layout: Layout;
}

/**
 * The encoder of d2l section 15.8 up to what a classifier reads: the last block's output for the first token, or its mean over
 * the tokens. Works on several micro-batches, which share the rows of the embedding tables; padding takes part in nothing but
 * attention.
 * @returns for each micro-batch [B, H]
 */
export function encodePooled(
  network: Network,
  config: BertConfig,
  inputs: EncoderInputs,
  std?: EmbeddingStd,
): Value[] {
  const first = Math.min(1, blocksOfAll(config));
  const tokens = encodeTokens(network, config, inputs, first, std);
  return poolAfter(network, config, tokens, first);
}

/** The embeddings and the lowest blocks, so many. */
export function encodeTokens(
  network: Network,
  config: BertConfig,
  { segmentOf, microBatches }: EncoderInputs,
  blocks: number,
  std: EmbeddingStd = {},
): readonly TokenStates[] {
  const { hidden, heads, variant } = config;
  const embeddings = declareEmbeddings(network, config, segmentOf, std);
  const tokens = microBatches.map((inputs) => {
    const sum = embed(network, embeddings, inputs);
    return { ...inputs, x: variant ? normalised(network, sum, hidden, variant) : sum }; // x [M, H]
  });
  if (variant || blocks === 0) return encodeBlocks(network, config, tokens, 0, blocks);
  const first = blockName(0);
  const attended = selfAttentionOverEmbeddings(
    network,
    `${first}.attention`,
    embeddings,
    tokens,
    hidden,
    heads,
  );
  const above = attended.map((one) => ({
    ...one,
    x: residuals(network, first, one.x, one.attended, config),
  }));
  return encodeBlocks(network, config, above, 1, blocks);
}

/** What a classifier reads, from what so many of the lowest blocks have put out: for each micro-batch [B, H]. */
export function poolAfter(
  network: Network,
  config: BertConfig,
  states: readonly TokenStates[],
  blocks: number,
): Value[] {
  const { heads } = config;
  const tokens = encodeBlocks(network, config, states, blocks, blocksOfAll(config));
  if (readsAll(config)) return tokens.map(({ x, layout }) => meanOfTokens(network, x, layout));
  const last = blockName(config.blocks - 1);
  return tokens.map(({ x, layout }) => {
    const padded = pad(network, x, layout); // [B, T, H]
    const first = head(network.graph, x, padded.shape[0]!); // [B, H]
    const attended = firstTokenAttention(network, `${last}.attention`, first, padded, layout.mask, heads);
    return residuals(network, last, first, attended, config);
  });
}

/** Whether a classifier reads all tokens, and not the first alone. */
function readsAll({ variant }: BertConfig): boolean {
  return variant?.pooling === "mean";
}

/** How many of the lowest blocks are computed for all tokens. */
function blocksOfAll(config: BertConfig): number {
  return readsAll(config) ? config.blocks : config.blocks - 1;
}

function encodeBlocks(
  network: Network,
  config: BertConfig,
  states: readonly TokenStates[],
  from: number,
  to: number,
): readonly TokenStates[] {
  let tokens = states;
  for (let i = from; i < to; i++) {
    const block = blockName(i);
    const attended = selfAttention(network, `${block}.attention`, tokens, config.hidden, config.heads);
    tokens = attended.map((one) => ({
      ...one,
      x: residuals(network, block, one.x, one.attended, config),
    }));
  }
  return tokens;
}

/** The sum of published BERTs' embeddings [M, E], normalised, as the first block reads it: [M, H]. */
function normalised(
  network: Network,
  sum: Value,
  hidden: number,
  { epsilon, embedding }: BertVariant,
): Value {
  const x = dropout(network, layerNorm(network, EMBEDDING_NORM, sum, epsilon));
  return embedding === undefined || embedding === hidden
    ? x
    : linear(network, EMBEDDING_PROJECTION, x, hidden);
}

/** The mean over the tokens of each sequence; x [M, H], returns [B, H]. */
function meanOfTokens(network: Network, x: Value, layout: Layout): Value {
  const { graph } = network;
  const padded = pad(network, x, layout); // [B, T, H]
  const [batch = 0, , hidden = 0] = padded.shape;
  const shares = softmax(graph, layout.mask); // [B, 1, T]: the same for all tokens, 0 for padding
  return reshape(graph, matMul(graph, shares, padded), [batch, hidden]);
}

/** Token embedding [U, E], and the sums of position and segment embedding [P, E], since there are few pairs of them. */
function declareEmbeddings(
  network: Network,
  { vocabularySize, maxPositions, hidden, variant }: BertConfig,
  segmentOf: Value,
  { embeddingStd = 1, positionStd = embeddingStd }: EmbeddingStd,
): Embedding<MicroBatchInputs>[] {
  const { segments = 2, firstPosition = 0, embedding: width = hidden } = variant ?? {};
  network.declare(POSITION_TABLE, [1, firstPosition + maxPositions, width], normal(positionStd), {
    decays: true,
  });
  network.declare(TOKEN_TABLE, [vocabularySize, width], normal(embeddingStd), { decays: true });
  if (segments > 0) network.declare(SEGMENT_TABLE, [segments, width], normal(embeddingStd), { decays: true });
  const tokens = network.rows(TOKEN_TABLE, "U");
  const positions = network.rows(POSITION_TABLE, "P");
  const places = withSegments(network, positions, segmentOf, segments); // [P, E]
  return [
    { table: tokens, ids: (inputs) => inputs.tokens },
    { table: places, ids: (inputs) => inputs.positionSegments },
  ];
}

function withSegments(network: Network, positions: Value, segmentOf: Value, segments: number): Value {
  const { graph } = network;
  if (segments === 0) return positions;
  const table = network.parameter(SEGMENT_TABLE); // [S, E]
  return add(graph, positions, segments === 1 ? table : gather(graph, table, segmentOf));
}

/** What follows the attention in a post-norm block: residual, feed-forward network, residual. x, attended [M, H]. */
function residuals(
  network: Network,
  block: string,
  x: Value,
  attended: Value,
  { hidden, ffn, variant }: BertConfig,
): Value {
  const { activation, epsilon, dropoutAfterAttention: drops } = variant ?? {};
  const y = addNorm(network, `${block}.addnorm1`, x, attended, { epsilon, drops });
  const made = feedForward(network, `${block}.ffn`, y, { hidden, ffn, activation });
  return addNorm(network, `${block}.addnorm2`, y, made, { epsilon });
}
