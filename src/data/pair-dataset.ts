import { TunebertError } from "../error.js";
import { packPair, SPECIAL_TOKENS_PER_PAIR } from "../text/pack-pair.js";
import { TokenCounter } from "../text/token-counter.js";
import { tokenize } from "../text/tokenize.js";
import {
  checkTruncation,
  DEFAULT_TRUNCATION,
  type TruncationName,
  truncations,
} from "../text/truncate-pair.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { GrowableInt32 } from "./growable-int32.js";
import { LabelIds, whereIs } from "./label-ids.js";
import type { TextPair } from "./text-pair.js";

/** How pairs become examples. */
export interface EncodeOptions {
  /** The most tokens an example may have, `<cls>` and the two `<sep>` included; at least 5. */
  readonly maxLength: number;
  /** What goes from pairs that are longer: the end of the longer text, or of both. Default: longest-first. */
  readonly truncation?: TruncationName | undefined;
  /** The label names a model was trained with, in the order of their ids. Default: the labels that occur. */
  readonly labels?: readonly string[] | undefined;
  /** Label names to use, in this order and all of them, if no other occurs. Default: SNLI's three. */
  readonly preferredLabels?: readonly string[] | undefined;
  /** Take only the first so many pairs; pairs skipped do not count. Default: all. */
  readonly limit?: number | undefined;
  /** Pairs without a label: leave them out, or keep them with the label -1, say to predict. Default: skip. */
  readonly unlabelled?: "skip" | "keep" | undefined;
}

/** How pairs become examples, and which of their words a vocabulary. */
export interface NewVocabularyOptions extends EncodeOptions {
  /** How often a token must occur to enter the vocabulary; rarer ones become `<unk>`. */
  readonly minFrequency: number;
}

/** What a {@link PairDataset} is made of; `n` examples. */
export interface PairDatasetData {
  /** The examples one after another, each `<cls> premise <sep> hypothesis <sep>`. */
  readonly tokenIds: Int32Array;
  /** (n + 1): example `i` takes the token ids from `offsets[i]` up to `offsets[i + 1]`. */
  readonly offsets: Int32Array;
  /** (n): tokens of segment 0, that is `<cls>`, the premise and its `<sep>`; the rest is segment 1. */
  readonly premiseLengths: Int32Array;
  /** (n): places in `labelNames`, or -1 for none. */
  readonly labels: Int32Array;
  /** (K): the names behind the label ids, in the order of a classifier's logits. */
  readonly labelNames: readonly string[];
  /** How many examples lost tokens to fit in the maximum length. */
  readonly truncated: number;
  /** How many pairs were left out because they have no label. */
  readonly skipped: number;
}

/**
 * Pairs of texts as token ids, ready to be batched: ragged rows in flat arrays, without padding.
 *
 * @example
 * const pairs = readPairs(streamBytes("train.tsv"), { fileName: "train.tsv" });
 * const dataset = await PairDataset.encode(pairs, vocabulary, { maxLength: 128 });
 */
export class PairDataset implements PairDatasetData {
  readonly tokenIds: Int32Array;
  readonly offsets: Int32Array;
  readonly premiseLengths: Int32Array;
  readonly labels: Int32Array;
  readonly labelNames: readonly string[];
  readonly truncated: number;
  readonly skipped: number;

  /** A dataset of examples that are encoded already. {@link encode} makes them from texts. */
  constructor(data: PairDatasetData) {
    this.tokenIds = data.tokenIds;
    this.offsets = data.offsets;
    this.premiseLengths = data.premiseLengths;
    this.labels = data.labels;
    this.labelNames = data.labelNames;
    this.truncated = data.truncated;
    this.skipped = data.skipped;
  }

  /**
   * Encodes pairs with the vocabulary of a model: lower-case words, unknown ones as `<unk>`, long
   * pairs truncated (d2l's `SNLIBERTDataset`, section 16.7).
   * @throws TunebertError when an option is out of range, a text is missing, a label is not among `options.labels`,
   *   or no pair is left
   */
  static async encode(
    pairs: Iterable<TextPair> | AsyncIterable<TextPair>,
    vocabulary: Vocabulary,
    options: EncodeOptions,
  ): Promise<PairDataset> {
    return new PairDataset(await encodePairs(pairs, vocabulary, options));
  }

  /**
   * Encodes pairs and builds their vocabulary in one pass. Tokens are counted before texts are shortened.
   * @throws TunebertError as {@link encode}
   */
  static async encodeWithNewVocabulary(
    pairs: Iterable<TextPair> | AsyncIterable<TextPair>,
    options: NewVocabularyOptions,
  ): Promise<{ dataset: PairDataset; vocabulary: Vocabulary }> {
    requireInteger("minFrequency", options.minFrequency, 1);
    const counter = new TokenCounter();
    const data = await encodePairs(pairs, counter, options);
    const { vocabulary, finalIds } = counter.finish(options.minFrequency);
    replaceIds(data.tokenIds, finalIds);
    return { dataset: new PairDataset(data), vocabulary };
  }

  /** Number of examples. */
  get size(): number {
    return this.labels.length;
  }

  /** Number of tokens of example `i`. */
  length(i: number): number {
    return this.offsets[i + 1]! - this.offsets[i]!;
  }

  /** The token ids of example `i`, a view into {@link tokenIds}. */
  ids(i: number): Int32Array {
    return this.tokenIds.subarray(this.offsets[i], this.offsets[i + 1]);
  }
}

/** What encoding needs of a vocabulary, or of what is to become one. */
interface TokenIds {
  readonly cls: number;
  readonly sep: number;
  id(token: string): number;
}

async function encodePairs(
  pairs: Iterable<TextPair> | AsyncIterable<TextPair>,
  tokens: TokenIds,
  options: EncodeOptions,
): Promise<PairDatasetData> {
  const { maxLength, labels: given, limit = Number.POSITIVE_INFINITY, unlabelled = "skip" } = options;
  requireInteger("maxLength", maxLength, SPECIAL_TOKENS_PER_PAIR + 2);
  if (options.limit !== undefined) requireInteger("limit", options.limit, 1);
  const truncate = truncations[checkTruncation(options.truncation ?? DEFAULT_TRUNCATION)];
  const idsOf = (text: string) => tokenize(text).map((token) => tokens.id(token));
  const labelIds = new LabelIds(given, options.preferredLabels);
  const tokenIds = new GrowableInt32();
  const offsets = new GrowableInt32();
  const premiseLengths = new GrowableInt32();
  const labels = new GrowableInt32();
  let truncated = 0;
  let skipped = 0;
  let fileName: string | undefined;

  offsets.push(0);
  for await (const pair of pairs) {
    const index = labels.length + skipped;
    requireTexts(pair, index);
    const { label } = pair;
    fileName = pair.fileName;
    if (label === undefined && unlabelled === "skip") {
      skipped++;
      continue;
    }
    labels.push(label === undefined ? -1 : labelIds.id(label, () => whereIs(pair, index)));
    const packed = packPair(idsOf(pair.premise), idsOf(pair.hypothesis), tokens, maxLength, truncate);
    tokenIds.append(packed.ids);
    offsets.push(tokenIds.length);
    premiseLengths.push(packed.firstLength);
    if (packed.truncated) truncated++;
    if (labels.length === limit) break;
  }
  if (labels.length === 0) throw noPairsLeft(skipped, fileName);

  const { names, finalIds } = labelIds.finish();
  const labelArray = labels.toArray();
  replaceIds(labelArray, finalIds);
  return {
    tokenIds: tokenIds.toArray(),
    offsets: offsets.toArray(),
    premiseLengths: premiseLengths.toArray(),
    labels: labelArray,
    labelNames: names,
    truncated,
    skipped,
  };
}

/** In place; negative ids, which stand for none, stay. */
function replaceIds(ids: Int32Array, finalIds: Int32Array): void {
  for (let i = 0; i < ids.length; i++) {
    if (ids[i]! >= 0) ids[i] = finalIds[ids[i]!]!;
  }
}

function requireInteger(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new TunebertError(`${name} is ${value}; it must be an integer of at least ${least}`);
}

/** Callers without types may leave something out. */
function requireTexts(pair: TextPair | undefined, index: number): void {
  for (const text of ["premise", "hypothesis"] as const) {
    if (typeof pair?.[text] === "string") continue;
    const where = whereIs(pair ?? {}, index);
    throw new TunebertError(
      `${where}: the ${text} is ${pair?.[text]}; both texts of a pair have to be strings`,
    );
  }
}

function noPairsLeft(skipped: number, fileName: string | undefined): TunebertError {
  const where = fileName === undefined ? "" : `${fileName}: `;
  return new TunebertError(
    skipped === 0
      ? "there are no pairs to encode"
      : `${where}none of the ${skipped} pairs read has a label; name the label's column, or take data with labels`,
  );
}
