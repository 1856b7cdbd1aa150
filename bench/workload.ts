import type { BertConfig } from "../src/bert/config.js";
import { readExamples } from "../src/data/read-examples.js";
import { generateSamplePairs } from "../src/data/sample-pairs/sample-pairs.js";
import { TextDataset } from "../src/data/text-dataset.js";
import { streamBytes } from "../src/hub/files/files.js";
import { Random } from "../src/random.js";
import type { WordTokenizer } from "../src/text/word-tokenizer.js";
import type { BenchOptions } from "./options.js";

const SEED = 1;

/** Encoded pairs to measure with. */
export interface Workload {
  readonly dataset: TextDataset;
  readonly tokenizer: WordTokenizer;
  readonly config: BertConfig;
}

export async function loadWorkload(options: BenchOptions): Promise<Workload> {
  const { data, maxLength } = options;
  const pairs = data ? readExamples(streamBytes(data), { fileName: data }) : generateSamplePairs(SEED).train;
  const encoding = { maxLength, minFrequency: 1 };
  const { dataset, tokenizer } = await TextDataset.encodeWithNewVocabulary(pairs, encoding);
  return { dataset, tokenizer, config: bertConfig(options, tokenizer.size) };
}

/** One line that tells what was measured on. */
export function describe({ dataset, tokenizer, config }: Workload, options: BenchOptions): string {
  const { hidden, ffn, heads, blocks, vocabularySize } = config;
  const tokens = (dataset.tokenIds.length / dataset.size).toFixed(1);
  return (
    `${options.data ? "the data file" : "the sample corpus"}: ${dataset.size} pairs of ${tokens} tokens on average, ` +
    `${tokenizer.size} words; H ${hidden}, F ${ffn}, ${heads} heads, ${blocks} blocks, vocabulary ${vocabularySize}, ` +
    `batch ${options.batchSize}, max length ${options.maxLength}, dropout ${options.dropout}, ${options.threads} threads`
  );
}

/** Chosen examples of a dataset. */
export function subset(dataset: TextDataset, examples: readonly number[]): TextDataset {
  return fromRows(
    dataset,
    examples.map((i) => ({
      ids: dataset.ids(i),
      firstLength: dataset.firstLengths[i]!,
      label: dataset.labels[i]!,
    })),
  );
}

/** `size` examples chosen at random, the same at every call. */
export function sample(dataset: TextDataset, size: number): TextDataset {
  const order = new Random(SEED).shuffle(Array.from({ length: dataset.size }, (_, i) => i));
  return subset(dataset, order.slice(0, size));
}

/** Examples of exactly `length` tokens, cut from a dataset's own stream of tokens, so that words recur as they do. */
export function ofLength(dataset: TextDataset, length: number, size: number): TextDataset {
  const places = Math.max(1, dataset.tokenIds.length - length);
  return fromRows(
    dataset,
    Array.from({ length: size }, (_, i) => {
      const start = (i * length) % places;
      const ids = dataset.tokenIds.subarray(start, start + length);
      return { ids, firstLength: length >> 1, label: i % dataset.labelNames.length };
    }),
  );
}

/** The same examples with a vocabulary of `size` words, each word standing for several. */
export function withVocabulary(dataset: TextDataset, size: number): TextDataset {
  return new TextDataset({ ...dataset, tokenIds: dataset.tokenIds.map((id) => id % size) });
}

function bertConfig({ hidden, ffn, heads, blocks, vocabSize, maxLength }: BenchOptions, words: number) {
  const maxPositions = Math.max(512, maxLength);
  return { hidden, ffn, heads, blocks, vocabularySize: Math.max(vocabSize, words), maxPositions };
}

function fromRows(
  { labelNames, texts }: TextDataset,
  rows: readonly { ids: Int32Array; firstLength: number; label: number }[],
): TextDataset {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach(({ ids }, i) => {
    offsets[i + 1] = offsets[i]! + ids.length;
  });
  const tokenIds = new Int32Array(offsets.at(-1)!);
  rows.forEach(({ ids }, i) => {
    tokenIds.set(ids, offsets[i]);
  });
  const firstLengths = Int32Array.from(rows, ({ firstLength }) => firstLength);
  const labels = Int32Array.from(rows, ({ label }) => label);
  return new TextDataset({
    tokenIds,
    offsets,
    firstLengths,
    labels,
    labelNames,
    truncated: 0,
    skipped: 0,
    texts,
  });
}
