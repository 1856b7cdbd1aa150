import type { MicroBatch } from "../data/micro-batches.js";
import type { Run } from "../runtime/program.js";

/** What d2l's masked softmax puts in place of a score at padding (section 11.3); its exponential is exactly 0. */
const MASKED = -1e6;

/** A micro-batch as a run of the program that classifies. */
export function classifierRun(batch: MicroBatch): Run {
  const { length, lengths, premiseLengths, tokens, distinct } = batch;
  const size = lengths.length;
  const positionSegments = new Int32Array(length * size); // [T, B]
  const mask = new Float32Array(size * length); // [B, 1, 1, T]
  for (let b = 0; b < size; b++) {
    for (let t = 0; t < length; t++) {
      const segment = t >= premiseLengths[b]! && t < lengths[b]! ? 1 : 0;
      positionSegments[t * size + b] = 2 * t + segment;
      if (t >= lengths[b]!) mask[b * length + t] = MASKED;
    }
  }
  return {
    feeds: {
      tokens: { data: tokens, dims: [length, size] },
      position_segments: { data: positionSegments, dims: [length, size] },
      attention_mask: { data: mask, dims: [size, 1, 1, length] },
    },
    rows: {
      "encoder.token_embedding.weight": distinct,
      "encoder.pos_embedding": Int32Array.from({ length }, (_, t) => t),
    },
    symbols: { B: size, T: length, U: distinct.length },
    seed: 0,
  };
}

export interface TrainingRunOptions {
  /** The factor of each log-likelihood of a micro-batch in the loss: [B, K] */
  readonly targets: (batch: MicroBatch) => Float32Array;
  /** Of the dropout masks. */
  readonly seed: number;
}

/** A micro-batch as a run of the program that trains. */
export function classifierTrainingRun(batch: MicroBatch, { targets, seed }: TrainingRunOptions): Run {
  const run = classifierRun(batch);
  const data = targets(batch);
  const size = batch.labels.length;
  return { ...run, feeds: { ...run.feeds, targets: { data, dims: [size, data.length / size] } }, seed };
}

/** The most probable label of each row of logits [B, K]; the first of several equals. */
export function argmaxRows(logits: Float32Array, labels: number): Int32Array {
  return Int32Array.from({ length: logits.length / labels }, (_, row) => {
    const values = logits.subarray(row * labels, (row + 1) * labels);
    return values.reduce((best, value, label) => (value > values[best]! ? label : best), 0);
  });
}
