import { TunebertError } from "../error.js";
import { checkOptions, type GivenOptions } from "../option.js";
import { packPair } from "../text/pack-pair.js";
import { TokenCounter } from "../text/token-counter.js";
import { tokenize } from "../text/tokenize.js";
import { truncations } from "../text/truncate-pair.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { EncodedRows } from "./encoded-rows.js";
import { expectClasses } from "./expect-classes.js";
import { GrowableInt32 } from "./growable-int32.js";
import { LabelIds, UNLABELLED, whereIs } from "./label-ids.js";
import { lengthOptions, type noLabelOptions, trainingPairsOptions, vocabularyOptions } from "./options.js";
import type { TextPair } from "./text-pair.js";

/** How pairs become examples. */
export interface EncodeOptions
  extends GivenOptions<typeof lengthOptions & typeof noLabelOptions & typeof trainingPairsOptions> {
  /** The label names a model was trained with, in the order of their ids. Default: the labels that occur. */
  readonly labels?: readonly string[] | undefined;
  /** Label names to use, in this order and all of them, if no other occurs: those of the model to go on with. */
  readonly preferredLabels?: readonly string[] | undefined;
  /** Pairs without a label: leave them out, or keep them with the label -1, say to predict. Default: skip. */
  readonly unlabelled?: "skip" | "keep" | undefined;
}

/** How pairs become examples, and which of their words a vocabulary. */
export interface NewVocabularyOptions extends EncodeOptions, GivenOptions<typeof vocabularyOptions> {}

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
  /** (n): what each example is to be answered with, where answers are numbers; else empty. */
  readonly numbers?: Float32Array | undefined;
  /** (K): the names behind the label ids, in the order of a classifier's logits. */
  readonly labelNames: readonly string[];
  /** How many examples lost tokens to fit in the maximum length. */
  readonly truncated: number;
  /** How many pairs were left out because they have no label. */
  readonly skipped: number;
  /** How many of these have which label that stands for none. */
  readonly skippedLabels?: ReadonlyMap<string, number> | undefined;
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
  readonly numbers: Float32Array;
  readonly labelNames: readonly string[];
  readonly truncated: number;
  readonly skipped: number;
  readonly skippedLabels: ReadonlyMap<string, number>;

  /** A dataset of examples that are encoded already. {@link encode} makes them from texts. */
  constructor(data: PairDatasetData) {
    this.tokenIds = data.tokenIds;
    this.offsets = data.offsets;
    this.premiseLengths = data.premiseLengths;
    this.labels = data.labels;
    this.numbers = data.numbers ?? new Float32Array();
    this.labelNames = data.labelNames;
    this.truncated = data.truncated;
    this.skipped = data.skipped;
    this.skippedLabels = data.skippedLabels ?? new Map();
  }

  /**
   * Encodes pairs with the vocabulary of a model: lower-case words, unknown ones as `<unk>`, long
   * pairs truncated (d2l's `SNLIBERTDataset`, section 16.7).
   * @throws TunebertError when an option is out of range, a text is missing, a label is not among `options.labels`, the
   *   labels are too many for classes, or no pair is left
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
    const { minFrequency } = checkOptions(vocabularyOptions, options);
    const counter = new TokenCounter();
    const data = await encodePairs(pairs, counter, options);
    const { vocabulary, finalIds } = counter.finish(minFrequency);
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
  /** Takes back that these ids were asked for. */
  forget?(ids: Int32Array): void;
}

async function encodePairs(
  pairs: Iterable<TextPair> | AsyncIterable<TextPair>,
  tokens: TokenIds,
  options: EncodeOptions,
): Promise<PairDatasetData> {
  const { unlabelled = "skip" } = options;
  const { maxLength, truncation } = checkOptions(lengthOptions, options);
  const { limit = Number.POSITIVE_INFINITY, manyLabels } = checkOptions(trainingPairsOptions, options);
  const truncate = truncations[truncation];
  const idsOf = (text: string) => tokenize(text).map((token) => tokens.id(token));
  const labelIds = new LabelIds(options);
  const skippedLabels = new Map<string, number>();
  let rows = new EncodedRows();
  let undecidedTokens = new GrowableInt32();
  let skipped = 0;
  let fileName: string | undefined;

  const skip = (label: string, count: number) => {
    skipped += count;
    skippedLabels.set(label, (skippedLabels.get(label) ?? 0) + count);
  };
  /** Leaves out the rows whose label, seen beside the others, stands for none. */
  const decide = () => {
    const none = labelIds.decide();
    if (none.size === 0 || unlabelled === "keep") return;
    for (const [id, label] of none) skip(label, rows.count(id));
    rows = rows.without(none);
    tokens.forget?.(undecidedTokens.toArray());
    undecidedTokens = new GrowableInt32();
  };

  for await (const pair of pairs) {
    const index = rows.size + skipped;
    requireTexts(pair, index);
    const { label } = pair;
    fileName = pair.fileName;
    const id = label === undefined ? UNLABELLED : labelIds.id(label, () => whereIs(pair, index));
    if (id === UNLABELLED && unlabelled === "skip") {
      if (label === undefined) skipped++;
      else skip(label, 1);
      continue;
    }
    const [premise, hypothesis] = [idsOf(pair.premise), idsOf(pair.hypothesis)];
    rows.add(packPair(premise, hypothesis, tokens, maxLength, truncate), id);
    if (labelIds.isUndecided(id)) undecidedTokens.append(Int32Array.from([...premise, ...hypothesis]));
    if (rows.size === limit) decide();
    if (rows.size === limit) break;
  }
  decide();
  if (rows.size === 0) throw noPairsLeft(skipped, fileName);

  const { names, finalIds } = labelIds.finish();
  const { labels, ...arrays } = rows.arrays();
  replaceIds(labels, finalIds);
  const { truncated } = rows;
  const data = { ...arrays, labels, labelNames: names, truncated, skipped, skippedLabels };
  if (options.labels === undefined && names !== options.preferredLabels && !manyLabels) {
    expectClasses(names, rows.size, fileName === undefined ? "" : `${fileName}: `);
  }
  return data;
}

/** In place; negative ids, which stand for none, stay. */
function replaceIds(ids: Int32Array, finalIds: Int32Array): void {
  for (let i = 0; i < ids.length; i++) {
    if (ids[i]! >= 0) ids[i] = finalIds[ids[i]!]!;
  }
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
    { option: skipped === 0 ? [] : "labelColumn" },
  );
}
