import { TunebertError } from "../error.js";
import { checkOptions, expectFits, type GivenOptions } from "../option.js";
import { wholeNumber } from "../option-kinds.js";
import type { Packed } from "../text/pack.js";
import { DEFAULT_TEXTS, type TextExample, type Texts, textsOf } from "../text/text-example.js";
import { TokenCounter } from "../text/token-counter.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { WordTokenizer } from "../text/word-tokenizer.js";
import type { Answers, TaskName } from "./answers.js";
import { EncodedRows } from "./encoded-rows.js";
import { areMeasurements, expectClasses, expectFewLabels } from "./expect-classes.js";
import { GrowableInt32 } from "./growable-int32.js";
import { LabelIds, UNLABELLED, whereIs } from "./label-ids.js";
import { numberOf } from "./label-order.js";
import { LabelSets } from "./label-sets.js";
import { isNoLabel } from "./no-label.js";
import {
  lengthOptions,
  type noLabelOptions,
  taskOptions,
  trainingExamplesOptions,
  vocabularyOptions,
} from "./options.js";

/** How texts become token ids. */
export interface EncodeOptions
  extends GivenOptions<
    typeof lengthOptions & typeof noLabelOptions & typeof taskOptions & typeof trainingExamplesOptions
  > {
  /** How many texts each example has to have: as many as those of the model. Default: as many as the first. */
  readonly texts?: Texts | undefined;
  /** The label names a model was trained with, in the order of their ids. Default: the labels that occur. */
  readonly labels?: readonly string[] | undefined;
  /** Label names to use, in this order and all of them, if no other occurs: those of the model to go on with. */
  readonly preferredLabels?: readonly string[] | undefined;
  /** Examples without a label: leave them out, or keep them with the label -1, say to predict. Default: skip. */
  readonly unlabelled?: "skip" | "keep" | undefined;
}

/** How texts become token ids, and which of their words a vocabulary. */
export interface NewVocabularyOptions extends EncodeOptions, GivenOptions<typeof vocabularyOptions> {}

/** What a {@link TextDataset} is made of; `n` examples. */
export interface TextDatasetData {
  /** The examples one after another, each `<cls> text <sep>`, and of a pair `textPair <sep>` behind it. */
  readonly tokenIds: Int32Array;
  /** (n + 1): example `i` takes the token ids from `offsets[i]` up to `offsets[i + 1]`. */
  readonly offsets: Int32Array;
  /** (n): tokens of segment 0, that is `<cls>`, the first text and its `<sep>`; the rest is segment 1. */
  readonly firstLengths: Int32Array;
  /** (n): places in `labelNames`, or in `labelSets` where there are any, or -1 for none. */
  readonly labels: Int32Array;
  /** The distinct sets of labels that examples have, of places in `labelNames`, where any labels may apply; else empty. */
  readonly labelSets?: readonly (readonly number[])[] | undefined;
  /** (n): what each example is to be answered with, NaN for none, where answers are numbers; else empty. */
  readonly numbers?: Float32Array | undefined;
  /** (K): the names behind the label ids, in the order of a classifier's logits. */
  readonly labelNames: readonly string[];
  /** How many examples lost tokens to fit in the maximum length. */
  readonly truncated: number;
  /** How many examples have a text without a token. Default: 0. */
  readonly empty?: number | undefined;
  /** How many tokens of each example are special ones. Default: 1, and 1 for each text. */
  readonly specialTokens?: number | undefined;
  /** How many tokens the tokenizer does not know. Default: 0. */
  readonly unknown?: number | undefined;
  /** How many were left out because they have no label. */
  readonly skipped: number;
  /** How many of these have which label that stands for none. */
  readonly skippedLabels?: ReadonlyMap<string, number> | undefined;
  /** How many texts each example has. Default: 2. */
  readonly texts?: Texts | undefined;
}

/**
 * Texts, or pairs of texts, as token ids, ready to be batched: ragged rows in flat arrays, without padding.
 *
 * @example
 * const { tokenizer } = await loadPretrained("bert");
 * const examples = readExamples(streamBytes("train.csv"), { fileName: "train.csv" });
 * const dataset = await TextDataset.encode(examples, tokenizer, { maxLength: 128 });
 * console.log(dataset.size, dataset.labelNames);
 */
export class TextDataset implements TextDatasetData {
  readonly tokenIds: Int32Array;
  readonly offsets: Int32Array;
  readonly firstLengths: Int32Array;
  readonly labels: Int32Array;
  readonly labelSets: readonly (readonly number[])[];
  readonly numbers: Float32Array;
  readonly labelNames: readonly string[];
  readonly truncated: number;
  readonly empty: number;
  readonly specialTokens: number;
  readonly unknown: number;
  readonly skipped: number;
  readonly skippedLabels: ReadonlyMap<string, number>;
  readonly texts: Texts;

  /** A dataset of examples that are encoded already. {@link encode} makes them from texts. */
  constructor(data: TextDatasetData) {
    this.tokenIds = data.tokenIds;
    this.offsets = data.offsets;
    this.firstLengths = data.firstLengths;
    this.labels = data.labels;
    this.labelSets = data.labelSets ?? [];
    this.numbers = data.numbers ?? new Float32Array();
    this.labelNames = data.labelNames;
    this.truncated = data.truncated;
    this.empty = data.empty ?? 0;
    this.unknown = data.unknown ?? 0;
    this.skipped = data.skipped;
    this.skippedLabels = data.skippedLabels ?? new Map();
    this.texts = data.texts ?? DEFAULT_TEXTS;
    this.specialTokens = data.specialTokens ?? 1 + this.texts;
  }

  /**
   * Encodes examples with the tokenizer of a model; those that are too long are truncated (d2l's `SNLIBERTDataset`,
   * section 16.7).
   * @throws TunebertError when an option is out of range, a text is missing, some have one text and others two, a label
   *   is not among `options.labels`, the labels are too many for classes, or no example is left
   */
  static async encode(
    examples: Iterable<TextExample> | AsyncIterable<TextExample>,
    tokenizer: Tokenizer,
    options: EncodeOptions,
  ): Promise<TextDataset> {
    const data = await encodeExamples(examples, tokenizer, options);
    return new TextDataset({ ...data, unknown: unknownIn(data, tokenizer) });
  }

  /**
   * Encodes examples and builds the vocabulary of their words in one pass. Words are counted before texts are shortened.
   * @throws TunebertError as {@link encode}
   */
  static async encodeWithNewVocabulary(
    examples: Iterable<TextExample> | AsyncIterable<TextExample>,
    options: NewVocabularyOptions,
  ): Promise<{ dataset: TextDataset; tokenizer: WordTokenizer }> {
    const { minFrequency, words = "book" } = checkOptions(vocabularyOptions, options);
    const counter = new TokenCounter(words);
    const data = await encodeExamples(examples, counter, options);
    const { vocabulary, finalIds } = counter.finish(minFrequency);
    replaceIds(data.tokenIds, finalIds);
    const tokenizer = new WordTokenizer(vocabulary, words);
    return { dataset: new TextDataset({ ...data, unknown: unknownIn(data, tokenizer) }), tokenizer };
  }

  /** A dataset of examples without labels that a tokenizer has packed. */
  static ofPacked(rows: readonly Packed[]): TextDataset {
    const encoded = new EncodedRows();
    for (const row of rows) encoded.add(row, UNLABELLED);
    const { truncated, empty } = encoded;
    return new TextDataset({ ...encoded.arrays(), labelNames: [], truncated, empty, skipped: 0 });
  }

  /** What examples are answered with: one of the labels, any of them, or a number. */
  get answers(): Answers {
    if (this.numbers.length > 0) return "number";
    return this.labelSets.length > 0 ? { anyOf: this.labelNames } : this.labelNames;
  }

  /** (K): how many examples have each label. */
  get labelCounts(): number[] {
    const counts = this.labelNames.map(() => 0);
    for (const place of this.labels) {
      for (const label of this.labelSets.length > 0 ? (this.labelSets[place] ?? []) : [place]) {
        if (label >= 0) counts[label]!++;
      }
    }
    return counts;
  }

  /** Number of examples. */
  get size(): number {
    return this.labels.length;
  }

  /** The part of all tokens of the texts, special ones aside, that the tokenizer does not know; between 0 and 1. */
  get unknownShare(): number {
    const tokens = this.tokenIds.length - this.size * this.specialTokens;
    return tokens === 0 ? 0 : this.unknown / tokens;
  }

  /** These examples and behind them others, of classes that are numbered alike or of none; what was counted of the others is left out. */
  concat(other: TextDataset): TextDataset {
    const { length } = this.tokenIds;
    return new TextDataset({
      ...this,
      tokenIds: joined(this.tokenIds, other.tokenIds),
      offsets: joined(
        this.offsets,
        other.offsets.subarray(1).map((offset) => length + offset),
      ),
      firstLengths: joined(this.firstLengths, other.firstLengths),
      labels: joined(this.labels, other.labels),
    });
  }

  /** Some of the examples, in this order, with the same label names; what was counted while reading is not theirs. */
  subset(examples: readonly number[]): TextDataset {
    const lengths = examples.map((i) => this.length(i));
    const offsets = new Int32Array(examples.length + 1);
    lengths.forEach((length, i) => {
      offsets[i + 1] = offsets[i]! + length;
    });
    const tokenIds = new Int32Array(offsets.at(-1)!);
    examples.forEach((example, i) => {
      tokenIds.set(this.ids(example), offsets[i]);
    });
    return new TextDataset({
      ...this,
      ...{ tokenIds, offsets, truncated: 0, empty: 0, unknown: 0, skipped: 0, skippedLabels: new Map() },
      firstLengths: Int32Array.from(examples, (i) => this.firstLengths[i]!),
      labels: Int32Array.from(examples, (i) => this.labels[i]!),
      numbers:
        this.numbers.length === 0 ? this.numbers : Float32Array.from(examples, (i) => this.numbers[i]!),
    });
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

function joined(a: Int32Array, b: Int32Array): Int32Array {
  const both = new Int32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** What encoding needs of a tokenizer, or of what is to become one. */
interface Encoder extends Pick<Tokenizer, "ids" | "specialTokens" | "pack"> {
  /** Takes back that texts had these ids. */
  forget?(ids: Int32Array): void;
}

async function encodeExamples(
  examples: Iterable<TextExample> | AsyncIterable<TextExample>,
  tokenizer: Encoder,
  options: EncodeOptions,
): Promise<TextDatasetData> {
  const { unlabelled = "skip" } = options;
  let { texts } = options;
  const { maxLength, truncation } = checkOptions(lengthOptions, options);
  if (texts !== undefined) requireRoom(maxLength, texts, tokenizer);
  const { limit = Number.POSITIVE_INFINITY, manyLabels } = checkOptions(trainingExamplesOptions, options);
  const { task } = checkOptions(taskOptions, options);
  const { noLabel } = options;
  const single = new LabelIds({ ...options, numbers: task === "regression" });
  const many = new LabelIds({ ...options, noLabel: noLabel ?? [] });
  const sets = new LabelSets(many);
  let areSets = task === "multi-label";
  /** The id of an example's label, or the place of its set of labels. */
  const targetOf = (example: TextExample, index: number) => {
    const { label } = example;
    const where = () => whereIs(example, index);
    const isOne = typeof label === "string";
    if (label === undefined || (areSets && isOne && isNoLabel(label, options.labels ?? [], noLabel)))
      return UNLABELLED;
    if (!isOne && !areSets) {
      if (task !== "auto" || rows.size > 0) throw unexpectedList(where(), task);
      areSets = true;
    }
    if (areSets) return sets.place(isOne ? [label] : label, where);
    return single.id(label as string, where); // as has just been seen
  };
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
    const none = single.decide();
    if (none.size === 0 || unlabelled === "keep") return;
    for (const [id, label] of none) skip(label, rows.count(id));
    rows = rows.without(none);
    tokenizer.forget?.(undecidedTokens.toArray());
    undecidedTokens = new GrowableInt32();
  };

  for await (const example of examples) {
    const index = rows.size + skipped;
    requireTexts(example, index);
    if (texts === undefined) {
      texts = textsOf(example);
      requireRoom(maxLength, texts, tokenizer);
    } else if (textsOf(example) !== texts) throw otherTexts(example, index, options.texts);
    const { label } = example;
    fileName = example.fileName;
    const id = targetOf(example, index);
    if (id === UNLABELLED && unlabelled === "skip") {
      if (typeof label === "string") skip(label, 1);
      else skipped++;
      continue;
    }
    const first = tokenizer.ids(example.text);
    const second = example.textPair === undefined ? undefined : tokenizer.ids(example.textPair);
    rows.add(tokenizer.pack(first, second, maxLength, truncation), id);
    if (!areSets && single.isUndecided(id))
      undecidedTokens.append(Int32Array.from([...first, ...(second ?? [])]));
    if (rows.size === limit) decide();
    if (rows.size === limit) break;
  }
  decide();
  if (rows.size === 0) throw noneLeft(skipped, fileName);

  const { names, finalIds } = areSets ? many.finish() : single.finish();
  const { labels, ...arrays } = rows.arrays();
  const { truncated, empty } = rows;
  const special = texts === undefined ? undefined : tokenizer.specialTokens(texts);
  const data = { ...arrays, truncated, empty, specialTokens: special, skipped, skippedLabels, texts };
  const areNames = options.labels !== undefined || names === options.preferredLabels || manyLabels;
  const where = fileName === undefined ? "" : `${fileName}: `;
  if (areSets) {
    if (names.length === 0) throw noneNamed(where);
    if (!areNames) expectFewLabels(names, rows.size, where);
    return { ...data, labels, labelSets: sets.finish(finalIds), labelNames: names };
  }
  replaceIds(labels, finalIds);
  if (task === "regression" || (task === "auto" && !areNames && areMeasurements(names))) {
    const numbers = Float32Array.from(labels, (id) => numberOf(names[id] ?? "") ?? Number.NaN);
    return { ...data, labels: labels.fill(UNLABELLED), labelNames: [], numbers };
  }
  if (!areNames) expectClasses(names, rows.size, where);
  return { ...data, labels, labelNames: names };
}

function unknownIn({ tokenIds }: Pick<TextDatasetData, "tokenIds">, { unknown }: Tokenizer): number {
  return unknown === undefined ? 0 : tokenIds.reduce((count, id) => count + Number(id === unknown), 0);
}

/** In place; negative ids, which stand for none, stay. */
function replaceIds(ids: Int32Array, finalIds: Int32Array): void {
  for (let i = 0; i < ids.length; i++) {
    if (ids[i]! >= 0) ids[i] = finalIds[ids[i]!]!;
  }
}

/** A token of each text has to have room. @throws TunebertError where it has not */
function requireRoom(maxLength: number, texts: Texts, tokenizer: Encoder): void {
  expectFits("maxLength", wholeNumber(tokenizer.specialTokens(texts) + texts), maxLength);
}

/** Callers without types may leave something out. */
export function requireTexts(example: TextExample | undefined, index: number): void {
  if (typeof example?.text === "string" && isTextOrNone(example.textPair)) return;
  const name = typeof example?.text === "string" ? "textPair" : "text";
  throw new TunebertError(
    `${whereIs(example ?? {}, index)}: ${name} is ${example?.[name]}; it must be a string`,
  );
}

function isTextOrNone(text: unknown): boolean {
  return typeof text === "string" || text === undefined;
}

/** The error that an example has one text and others have two. */
function otherTexts(example: TextExample, index: number, expected: Texts | undefined): TunebertError {
  const where = whereIs(example, index);
  const isPair = example.textPair !== undefined;
  const found = isPair ? "two texts" : "one text";
  if (expected === undefined) {
    return new TunebertError(
      `${where}: ${found}, but ${isPair ? "one" : "two"} in the examples before it; give all as many`,
    );
  }
  if (isPair) {
    return new TunebertError(
      `${where}: ${found}, but the model is one of single texts; give one text, or take a model of pairs`,
    );
  }
  return new TunebertError(
    (textPairColumn) =>
      `${where}: ${found}, but the model is one of pairs; ` +
      (example.fileName === undefined
        ? "give the second as textPair"
        : `name the column of the second as ${textPairColumn}, or take a model of single texts`),
    { option: "textPairColumn" },
  );
}

/** The error that an example has a list of labels where one is expected. */
function unexpectedList(where: string, task: "auto" | TaskName): TunebertError {
  return new TunebertError(
    (named) =>
      task === "auto"
        ? `${where}: a list of labels, but one label in the examples before it; write all as lists, or say ${named} multi-label`
        : `${where}: a list of labels, but ${named} is ${task}; learn any labels with ${named} multi-label`,
    { option: "task" },
  );
}

function noneNamed(where: string): TunebertError {
  return new TunebertError(
    (labelColumn, labelColumns) =>
      `${where}no example has a label; name the column of the labels as ${labelColumn}, or the columns as ${labelColumns}`,
    { option: ["labelColumn", "labelColumns"] },
  );
}

function noneLeft(skipped: number, fileName: string | undefined): TunebertError {
  const where = fileName === undefined ? "" : `${fileName}: `;
  return new TunebertError(
    skipped === 0
      ? "there are no examples to encode"
      : `${where}none of the ${skipped} examples read has a label; name the label's column, or take data with labels`,
    { option: skipped === 0 ? [] : "labelColumn" },
  );
}
