import type { MicroBatch, MicroBatchGroup } from "../data/micro-batches.js";
import type { Feed, Run } from "../runtime/program.js";
import { POSITIONS, TOKENS } from "./encoder.js";

/** What d2l's masked softmax puts in place of a score at padding (section 11.3); its exponential is exactly 0. */
const MASKED = -1e6;

/** Micro-batches as a run of the program that classifies as many. */
export function classifierRun({ distinct, batches }: MicroBatchGroup): Run {
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
      [TOKENS]: distinct,
      [POSITIONS]: Int32Array.from(positions),
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
  { length, lengths, premiseLengths, tokens }: MicroBatch,
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
      positionSegments[m] = pairs.place(t, Number(t >= premiseLengths[b]!));
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

export interface TrainingRunOptions {
  /** The factor of each log-likelihood of a micro-batch in the loss: [B, K] */
  readonly targets: (batch: MicroBatch) => Float32Array;
  /** Of the dropout masks. */
  readonly seed: number;
}

/** Micro-batches as a run of the program that trains on as many. */
export function classifierTrainingRun(group: MicroBatchGroup, { targets, seed }: TrainingRunOptions): Run {
  const run = classifierRun(group);
  const feeds: Record<string, Feed> = { ...run.feeds };
  group.batches.forEach((batch, i) => {
    const data = targets(batch);
    const size = batch.labels.length;
    feeds[`targets.${i}`] = { data, dims: [size, data.length / size] };
  });
  return { ...run, feeds, seed };
}

/** The logits [n, K] of a run's examples, one micro-batch after another. */
export function runLogits(outputs: Readonly<Record<string, Float32Array>>): Float32Array {
  const parts: Float32Array[] = [];
  for (let i = 0; outputs[`logits.${i}`]; i++) parts.push(outputs[`logits.${i}`]!);
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

/** The most probable label of each row of logits [B, K]; the first of several equals. */
export function argmaxRows(logits: Float32Array, labels: number): Int32Array {
  return Int32Array.from({ length: logits.length / labels }, (_, row) => {
    const values = logits.subarray(row * labels, (row + 1) * labels);
    return values.reduce((best, value, label) => (value > values[best]! ? label : best), 0);
  });
}
