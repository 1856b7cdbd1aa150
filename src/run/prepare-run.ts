import { basename } from "node:path";
import { BertClassifier } from "../bert/bert-classifier.js";
import type { BertConfig } from "../bert/config.js";
import { DEFAULT_SIZES } from "../bert/options.js";
import type { Answers, TaskName } from "../data/answers.js";
import { drawShare } from "../data/draw-share.js";
import { labelNotes, skippedNote } from "../data/label-notes.js";
import { lengthOptions } from "../data/options.js";
import { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { showAddress } from "../hub/files/address.js";
import { classifierFrom, loadPretrained } from "../hub/store/pretrained.js";
import { checkOptions } from "../option.js";
import { Random } from "../random.js";
import type { DataRecord } from "../report/files/run-record.js";
import { listNames } from "../text/list-names.js";
import type { TextExample } from "../text/text-example.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { WordTokenizer } from "../text/word-tokenizer.js";
import { openExamples, readHeldOut } from "./example-source.js";
import { runOptions } from "./options.js";
import { startFingerprint } from "./run-fingerprint.js";
import type { RunFolder } from "./run-folder.js";
import type { TrainingRun } from "./train-in-folder.js";
import { expectTogether, type UncheckedTrainOptions } from "./train-options.js";

/** Position rows of a model from scratch; a longer `maxLength` makes more. */
const POSITIONS = 512;

/** A run that is ready to start, in a folder of its own. */
export interface PreparedRun extends TrainingRun {
  readonly out: RunFolder;
}

/** Reads the examples and makes the model: from options to a run for {@link trainInFolder}. */
export async function prepareRun(folder: RunFolder, options: UncheckedTrainOptions): Promise<PreparedRun> {
  expectTogether(options);
  const { tensorboard, noLabel, pretrained, embeddingStd, log = () => {}, onNotice = () => {} } = options;
  const { maxLength, truncation } = checkOptions(lengthOptions, options);
  const { train, drawn, model, tokenizer } =
    pretrained === undefined ? await fromScratch(options) : await fineTuned(options, pretrained);
  const task: TaskName = model.answers === "number" ? "regression" : "classification";
  const labels = model.answers === "number" ? undefined : model.answers;
  if (drawn?.length === 0) throw noneDrawn(options.testShare);
  const known = { maxLength, truncation, texts: train.set.texts, task, labels };
  const validation = await readHeldOut("validation", options, tokenizer, known);
  const test = await readHeldOut("test", { ...options, test: drawn ?? options.test }, tokenizer, known);
  log(describe("train", train.set));
  if (validation) log(describe("validation", validation.set));
  if (test) log(describe("test", test.set));
  log(`vocabulary of ${tokenizer.size} tokens, ${describeAnswers(train.set, options)}`);
  for (const notice of labelNotes(train.set, noLabel)) onNotice(notice);
  const { checkpoints = true, checkpointEvery: every, keep, listeners, signal } = options;
  return {
    ...{ model, tokenizer, maxLength, truncation, texts: train.set.texts, tensorboard, listeners, signal },
    train: train.set,
    validation: validation?.set,
    test: test?.set,
    heldOut: (test ?? validation)?.examples,
    out: folder,
    options: runOptions(options),
    checkpoints: checkpoints && { every, keep },
    fingerprint: await startFingerprint({ pretrained, embeddingStd, out: folder.path, model }),
    description: {
      settings: settingsOf(options, tokenizer),
      pretrained: pretrained && basename(showAddress(pretrained)),
      data: { train: train.record, validation: validation?.record, test: test?.record },
    },
  };
}

/** Opens the training examples, without those that are to be measured on. */
async function openTraining(options: UncheckedTrainOptions) {
  const opened = await openExamples("train", options.train, options);
  const { testShare: share } = options;
  if (share === undefined) return { ...opened, drawn: undefined };
  const drawn: TextExample[] = [];
  const { seed } = runOptions(options);
  return { ...opened, examples: drawShare(opened.examples, { share, seed }, drawn), drawn };
}

function noneDrawn(share: number | undefined): TunebertError {
  return new TunebertError(
    (testShare) =>
      `${testShare} ${share} draws none of the training examples; draw a larger part, or take more examples`,
    { option: "testShare" },
  );
}

/** What was chosen beside the settings of the trainer and the sizes of the model. */
function settingsOf(options: UncheckedTrainOptions, tokenizer: Tokenizer): Record<string, unknown> {
  const { limit, noLabel, testShare, pretrained, minFrequency, embeddingStd } = options;
  const fresh = pretrained === undefined ? { minFrequency, embeddingStd, words: wordsOf(tokenizer) } : {};
  return { limit, noLabel, testShare, ...fresh };
}

function wordsOf(tokenizer: Tokenizer): string | undefined {
  return tokenizer instanceof WordTokenizer && tokenizer.words !== "book" ? tokenizer.words : undefined;
}

interface Start {
  readonly train: { readonly set: TextDataset; readonly record: DataRecord };
  /** Examples of the training data that are to be measured on. */
  readonly drawn: readonly TextExample[] | undefined;
  readonly model: BertClassifier<Answers>;
  readonly tokenizer: Tokenizer;
}

async function fineTuned(options: UncheckedTrainOptions, folder: string): Promise<Start> {
  const { log = () => {} } = options;
  const pretrained = await loadPretrained(folder, {
    ...options.download,
    heads: options.heads,
    key: options.key,
  });
  for (const note of pretrained.notes) log(`pretrained: ${note}`);
  const { maxLength } = checkOptions(lengthOptions, options);
  expectPositions(maxLength, pretrained.config);
  const { tokenizer, answers: known } = pretrained;
  const preferredLabels = known === "number" ? undefined : known;
  const { examples, name, record, drawn } = await openTraining(options);
  const set = await TextDataset.encode(examples, tokenizer, { ...options, preferredLabels });
  const { seed } = runOptions(options);
  const model = classifierFrom(pretrained, answersOf(set, name), new Random(seed));
  log(`output layer: ${model.keepsOutput ? "kept from the checkpoint" : "fresh"}`);
  return { train: { set, record: await record(set) }, drawn, model, tokenizer };
}

async function fromScratch(options: UncheckedTrainOptions): Promise<Start> {
  const { examples, name, isSnli, record, drawn } = await openTraining(options);
  const { words = isSnli ? "book" : "punctuation" } = options;
  const { dataset: set, tokenizer } = await TextDataset.encodeWithNewVocabulary(examples, {
    ...options,
    words,
  });
  const { vocabSize: rows = tokenizer.size } = options;
  if (rows < tokenizer.size) {
    throw new TunebertError(
      (vocabSize, minFrequency) =>
        `the vocabulary has ${tokenizer.size} tokens; ${vocabSize} ${rows} leaves no row for some of them. ` +
        `Raise it, or raise ${minFrequency}`,
      { option: ["vocabSize", "minFrequency"] },
    );
  }
  const { maxLength } = checkOptions(lengthOptions, options);
  const config = {
    vocabularySize: rows,
    hidden: options.hidden ?? DEFAULT_SIZES.hidden,
    ffn: options.ffn ?? DEFAULT_SIZES.ffn,
    heads: options.heads ?? DEFAULT_SIZES.heads,
    blocks: options.blocks ?? DEFAULT_SIZES.blocks,
    maxPositions: Math.max(POSITIONS, maxLength),
  };
  const { seed } = runOptions(options);
  const model = BertClassifier.fromScratch(config, answersOf(set, name), new Random(seed), options);
  return { train: { set, record: await record(set) }, drawn, model, tokenizer };
}

/** What a model is to answer with. @throws TunebertError where every example has the same answer */
function answersOf(set: TextDataset, file: string): Answers {
  const { answers, labels, numbers, labelNames } = set;
  const targets = answers === "number" ? numbers : labels;
  const [first] = targets;
  if (targets.some((target) => target !== first)) return answers;
  const others = set.skipped > 0 ? `; ${skippedNote(set)}` : "";
  throw new TunebertError(
    answers === "number"
      ? `${file}: every example has the number ${first}; there is nothing to learn${others}`
      : `${file}: every example has the label ${labelNames[Number(first)]}; a classifier needs at least two labels${others}`,
  );
}

/** What is learnt, for a person to read. */
function describeAnswers({ answers, numbers }: TextDataset, { task }: UncheckedTrainOptions): string {
  if (answers !== "number") return `${answers.length} labels: ${listNames(answers)}`;
  const [least, most] = [Math.min, Math.max].map((pick) => numbers.reduce((a, b) => pick(a, b)));
  const why =
    task === "auto" ? ", since labels have fractions; --task classification takes them for classes" : "";
  return `answers are numbers, from ${least} to ${most}${why}`;
}

function expectPositions(maxLength: number, { maxPositions }: BertConfig): void {
  if (maxLength > maxPositions) {
    throw new TunebertError(
      (named) =>
        `${named} ${maxLength} is beyond the ${maxPositions} positions of the pretrained model; ` +
        `use ${named} ${maxPositions} or less`,
      { option: "maxLength" },
    );
  }
}

/** As d2l does, with what was left out or cut. */
function describe(name: string, dataset: TextDataset): string {
  const { size, skipped, truncated, texts } = dataset;
  const notes = [
    texts === 1 && "of one text each",
    skipped > 0 && skippedNote(dataset),
    truncated > 0 && `${truncated} truncated`,
  ];
  const details = notes.filter(Boolean).join(", ");
  return `read ${size} ${name} examples${details && ` (${details})`}`;
}
