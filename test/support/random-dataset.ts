import { TextDataset } from "../../src/data/text-dataset.js";
import { Random } from "../../src/random.js";

export interface RandomDatasetOptions {
  readonly vocabularySize: number;
  /** Default: 3 */
  readonly labels?: number;
  readonly seed?: number;
}

/** Examples of the given lengths with random ids, labels and segments. */
export function randomDataset(
  lengths: readonly number[],
  { vocabularySize, labels = 3, seed = 0 }: RandomDatasetOptions,
): TextDataset {
  const random = new Random(seed);
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => {
    offsets[i + 1] = offsets[i]! + length;
  });
  return new TextDataset({
    tokenIds: Int32Array.from({ length: offsets.at(-1)! }, () => random.below(vocabularySize)),
    offsets,
    firstLengths: Int32Array.from(lengths, (length) => 1 + random.below(length)),
    labels: Int32Array.from(lengths, () => random.below(labels)),
    labelNames: Array.from({ length: labels }, (_, i) => `label ${i}`),
    truncated: 0,
    skipped: 0,
  });
}

/** 0, 1, … count - 1 */
export function range(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}
