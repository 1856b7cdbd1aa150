import type { TextDataset } from "./text-dataset.js";

/** Examples of a batch whose attention is computed together, padded to the longest of them. */
export interface MicroBatch {
  /** (B) their indices in the dataset */
  readonly examples: Int32Array;
  /** T, tokens of the longest */
  readonly length: number;
  /** (M) the tokens without padding, as places among the distinct ones of the group: the first token of each example
   * that has one, then the second ones, and so on */
  readonly tokens: Int32Array;
  /** (B) tokens of each example, `<cls>` and both `<sep>` included */
  readonly lengths: Int32Array;
  /** (B) how many of them are of segment 0 */
  readonly firstLengths: Int32Array;
  /** (B) -1 for none */
  readonly labels: Int32Array;
}

/** Micro-batches that run together, and share what is computed of their distinct tokens. */
export interface MicroBatchGroup {
  /** (U) the distinct token ids that occur in them */
  readonly distinct: Int32Array;
  readonly batches: readonly MicroBatch[];
}

export interface MicroBatchOptions {
  /** How many replicas share the work. */
  readonly replicas: number;
  /** Micro-batches in a group; one, where there are fewer examples than that. */
  readonly perGroup: number;
  /** About how many tokens a group may have at most. */
  readonly maxTokens: number;
}

/**
 * Shares a batch out to replicas, and splits each share into groups of micro-batches of similar length and about equally
 * many tokens. Replicas take turns along the examples sorted by length, so that their shares are alike.
 * @param examples indices in the dataset
 * @returns the groups of each replica
 */
export function microBatches(
  dataset: TextDataset,
  examples: Int32Array,
  { replicas, perGroup, maxTokens }: MicroBatchOptions,
): MicroBatchGroup[][] {
  const sorted = examples.slice().sort((a, b) => dataset.length(a) - dataset.length(b) || a - b);
  return Array.from({ length: replicas }, (_, rank) => {
    const share = sorted.filter((_, i) => turn(i, replicas) === rank);
    const groups = Math.ceil(totalLength(dataset, share) / maxTokens);
    const enough = share.length >= groups * perGroup;
    const parts = evenParts(dataset, share, enough ? groups * perGroup : Math.min(groups, share.length));
    return chunks(parts, enough ? perGroup : 1).map((chunk) => assemble(dataset, chunk));
  });
}

/** Whose turn it is: from the first replica to the last, and back. */
function turn(i: number, replicas: number): number {
  const place = i % (2 * replicas);
  return place < replicas ? place : 2 * replicas - 1 - place;
}

/** Cuts examples into `count` parts, none empty, of about equally many tokens. */
function evenParts(dataset: TextDataset, examples: Int32Array, count: number): Int32Array[] {
  const parts: Int32Array[] = [];
  let start = 0;
  let left = totalLength(dataset, examples);
  for (let part = 0; part < count; part++) {
    const share = left / (count - part);
    const last = examples.length - (count - part - 1);
    let end = start;
    let tokens = 0;
    while (end < last && (end === start || tokens + dataset.length(examples[end]!) / 2 <= share)) {
      tokens += dataset.length(examples[end]!);
      end++;
    }
    if (part === count - 1) end = examples.length;
    parts.push(examples.subarray(start, end));
    start = end;
    left -= tokens;
  }
  return parts;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: items.length / size }, (_, i) => items.slice(i * size, (i + 1) * size));
}

function totalLength(dataset: TextDataset, examples: Int32Array): number {
  return examples.reduce((sum, example) => sum + dataset.length(example), 0);
}

function assemble(dataset: TextDataset, parts: readonly Int32Array[]): MicroBatchGroup {
  const places = new Map<number, number>();
  const batches = parts.map((examples) => {
    const lengths = examples.map((i) => dataset.length(i));
    const length = lengths.reduce((longest, l) => Math.max(longest, l), 0);
    return {
      examples,
      length,
      tokens: tokenPlaces(dataset, examples, length, places),
      lengths,
      firstLengths: examples.map((i) => dataset.firstLengths[i]!),
      labels: examples.map((i) => dataset.labels[i]!),
    };
  });
  return { distinct: Int32Array.from(places.keys()), batches };
}

/** (M) where each token stands among the distinct ones, which `places` numbers as they come. */
function tokenPlaces(
  dataset: TextDataset,
  examples: Int32Array,
  length: number,
  places: Map<number, number>,
): Int32Array {
  const tokens = new Int32Array(totalLength(dataset, examples));
  let m = 0;
  for (let t = 0; t < length; t++) {
    for (const example of examples) {
      if (t >= dataset.length(example)) continue;
      const id = dataset.tokenIds[dataset.offsets[example]! + t]!;
      let place = places.get(id);
      if (place === undefined) {
        place = places.size;
        places.set(id, place);
      }
      tokens[m++] = place;
    }
  }
  return tokens;
}
