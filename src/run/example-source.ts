import { basename } from "node:path";
import { isNoLabel } from "../data/no-label.js";
import { type EncodeOptions, TextDataset } from "../data/text-dataset.js";
import type { Split } from "../hub/fetch/catalog.js";
import { resolveDataFiles } from "../hub/fetch/resolve.js";
import { showAddress } from "../hub/files/address.js";
import { keepLabelled, type LabelledExample } from "../predict/answer-labelled.js";
import { type DataRecord, dataRecord } from "../report/files/run-record.js";
import type { TextExample } from "../text/text-example.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { DataFile } from "./data-file.js";
import { readExampleFiles } from "./read-example-files.js";
import type { CommonTrainOptions, ExampleSource, UncheckedTrainOptions } from "./train-options.js";

/** What a set of examples is for. */
type Purpose = "train" | "unlabelled" | "validation" | "test";

/** The part of a data set that is meant where its name alone is given. */
const SPLITS: Readonly<Record<Purpose, Split>> = {
  train: "train",
  unlabelled: "train",
  validation: "dev",
  test: "test",
};

/** Examples that can be read, once. */
export interface OpenExamples {
  readonly examples: Iterable<TextExample> | AsyncIterable<TextExample>;
  /** What errors call them. */
  readonly name: string;
  /** Whether they come from a file in SNLI's layout. */
  readonly isSnli: boolean;
  /** What a run remembers of them, when the dataset has been read. */
  record(dataset: TextDataset): Promise<DataRecord>;
}

/** Opens a file, which may have to be fetched; examples that are there already are taken as they are. */
export async function openExamples(
  purpose: Purpose,
  source: ExampleSource,
  options: CommonTrainOptions,
): Promise<OpenExamples> {
  if (typeof source !== "string") {
    const name = `${purpose} examples`;
    const record = async (dataset: TextDataset) => dataRecord({ name }, dataset);
    return { examples: source, name, isSnli: false, record };
  }
  const paths = await resolveDataFiles(source, SPLITS[purpose], options.download);
  const files = paths.map((path) => new DataFile(path));
  // What stands for no label is told when all labels are there.
  let isSnli = false;
  const onLayout = (layout: "snli" | "columns") => {
    isSnli = layout === "snli";
  };
  const examples = readExampleFiles(files, { ...options, onLayout, noLabel: [] });
  const first = await examples.next();
  return {
    examples: continued(first, examples),
    name: showAddress(source),
    isSnli,
    record: (dataset) => recordOf(files, source, dataset),
  };
}

/** What a run remembers of a file, or of those of a pattern. */
async function recordOf(
  files: readonly DataFile[],
  source: string,
  dataset: TextDataset,
): Promise<DataRecord> {
  const [only] = files;
  if (only && files.length === 1) return only.record(dataset);
  return dataRecord({ name: `${files.length} files of ${basename(source)}` }, dataset);
}

/** All of them, where the first has been asked for already. */
export async function* continued<T>(first: IteratorResult<T>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (!first.done) yield first.value;
  yield* rest;
}

/** Examples on which the model is measured. */
export interface HeldOutExamples {
  readonly set: TextDataset;
  /** Their texts and labels, in the order of the set. */
  readonly examples: readonly LabelledExample[];
  readonly record: DataRecord;
}

/** Reads the examples of a set that was given; `undefined` of one that was not. */
export async function readHeldOut(
  purpose: "validation" | "test",
  options: UncheckedTrainOptions,
  tokenizer: Tokenizer,
  model: EncodeOptions,
): Promise<HeldOutExamples | undefined> {
  const source = options[purpose];
  if (source === undefined) return undefined;
  const { noLabel } = options;
  const { labels = [] } = model;
  const { examples: all, record } = await openExamples(purpose, source, options);
  const examples: LabelledExample[] = [];
  const isNone = (label: string) => isNoLabel(label, labels, noLabel);
  const set = await TextDataset.encode(keepLabelled(all, examples, isNone), tokenizer, { ...model, noLabel });
  return { set, examples, record: await record(set) };
}
