import type { MicroBatch, MicroBatchGroup } from "../data/micro-batches.js";
import type { Network } from "../nn/network.js";
import type { Layout } from "../nn/padding.js";
import type { Graph, Value } from "../onnx/graph.js";
import type { Feed, Run } from "../runtime/program.js";
import type { BertConfig } from "./config.js";

/** Tables that are fed by the rows that occur in a run. */
export const TOKEN_TABLE = "encoder.token_embedding.weight";
export const POSITION_TABLE = "encoder.pos_embedding";

/** What d2l's masked softmax puts in place of a score at padding (section 11.3); its exponential is exactly 0. */
export const MASKED = -1e6;

/** What an encoder reads of several micro-batches, which share the rows of the tables. */
export interface EncoderInputs {
  /** int32 [P]: the segment of each of the P distinct pairs of position and segment */
  readonly segmentOf: Value;
  readonly microBatches: readonly MicroBatchInputs[];
}

/** What it reads of one micro-batch of B sequences with M tokens, the longest of which has T. */
export interface MicroBatchInputs {
  /** int32 [M]: for each token, which of the U distinct token rows is its own */
  readonly tokens: Value;
  /** int32 [M]: and which of the P distinct pairs of position and segment */
  readonly positionSegments: Value;
  readonly layout: Layout;
}

/** Declares the inputs that {@link encoderRun} feeds; sizes of each micro-batch have symbols of their own. */
export function declareInputs({ graph }: Network, microBatches: number): EncoderInputs {
  return {
    segmentOf: graph.input("segment_of", "int32", ["P"]),
    microBatches: Array.from({ length: microBatches }, (_, i) => {
      return {
        tokens: graph.input(`tokens.${i}`, "int32", [`M${i}`]),
        positionSegments: graph.input(`position_segments.${i}`, "int32", [`M${i}`]),
        layout: declareLayout(graph, i),
      };
    }),
  };
}

/** The inputs that say where the tokens of micro-batch i belong. */
export function declareLayout(graph: Graph, i: number): Layout {
  const [batch, length, tokens] = [`B${i}`, `T${i}`, `M${i}`];
  return {
    tokenAt: graph.input(`token_at.${i}`, "int32", [batch, length]),
    placeOf: graph.input(`place_of.${i}`, "int32", [tokens]),
    mask: graph.input(`attention_mask.${i}`, "float32", [batch, 1, length]),
  };
}

/** Micro-batches as a run of a program that takes as many: what {@link declareInputs} declares, and rows of tables. */
export function encoderRun(
  { distinct, batches }: MicroBatchGroup,
  { variant }: Pick<BertConfig, "variant">,
): Run {
  const { firstPosition = 0 } = variant ?? {};
  const pairs = new PositionSegments(batches.reduce((most, { length }) => Math.max(most, length), 0));
  const feeds: Record<string, Feed> = {};
  const symbols: Record<string, number> = {};
  batches.forEach((batch, i) => {
    for (const [name, feed] of Object.entries(microBatchFeeds(batch, pairs))) feeds[`${name}.${i}`] = feed;
    symbols[`B${i}`] = batch.lengths.length;
    symbols[`T${i}`] = batch.length;
    symbols[`M${i}`] = batch.tokens.length;
  });
  const { positions, segments } = pairs;
  return {
    microBatches: batches.length,
    feeds: { ...feeds, segment_of: { data: Int32Array.from(segments), dims: [segments.length] } },
    rows: {
      [TOKEN_TABLE]: distinct,
      [POSITION_TABLE]: Int32Array.from(positions, (position) => firstPosition + position),
    },
    symbols: { ...symbols, U: distinct.length, P: positions.length },
    seed: 0,
  };
}

/** The pairs of position and segment that occur in a run, numbered as they come. */
class PositionSegments {
  readonly positions: number[] = [];
  readonly segments: number[] = [];
  readonly #places: Int32Array;

  constructor(longest: number) {
    this.#places = new Int32Array(2 * longest).fill(-1);
  }

  place(position: number, segment: number): number {
    const pair = 2 * position + segment;
    if (this.#places[pair]! < 0) {
      this.#places[pair] = this.positions.length;
      this.positions.push(position);
      this.segments.push(segment);
    }
    return this.#places[pair]!;
  }
}

/** Tokens are numbered time-major: the first ones of all examples, then the second ones, and so on. */
function microBatchFeeds(
  { length, lengths, firstLengths, tokens }: MicroBatch,
  pairs: PositionSegments,
): Record<string, Feed> {
  const size = lengths.length;
  const positionSegments = new Int32Array(tokens.length); // [M]
  const placeOf = new Int32Array(tokens.length); // [M]
  const tokenAt = new Int32Array(size * length); // [B, T]
  const mask = new Float32Array(size * length); // [B, 1, T]
  let m = 0;
  for (let t = 0; t < length; t++) {
    for (let b = 0; b < size; b++) {
      const place = b * length + t;
      if (t >= lengths[b]!) {
        mask[place] = MASKED;
        continue;
      }
      positionSegments[m] = pairs.place(t, Number(t >= firstLengths[b]!));
      placeOf[m] = place;
      tokenAt[place] = m++;
    }
  }
  return {
    tokens: { data: tokens, dims: [tokens.length] },
    position_segments: { data: positionSegments, dims: [tokens.length] },
    token_at: { data: tokenAt, dims: [size, length] },
    place_of: { data: placeOf, dims: [tokens.length] },
    attention_mask: { data: mask, dims: [size, 1, length] },
  };
}
