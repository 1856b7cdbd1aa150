import { BertClassifier } from "../bert/bert-classifier.js";
import type { BertConfig } from "../bert/config.js";
import { type Answers, labelsOf } from "../data/answers.js";
import { drawShare } from "../data/draw-share.js";
import { skippedNote } from "../data/label-notes.js";
import { lengthOptions } from "../data/options.js";
import { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { classifierFrom, loadPretrained } from "../hub/store/pretrained.js";
import { checkOptions } from "../option.js";
import { Random } from "../random.js";
import type { DataRecord } from "../report/files/run-record.js";
import type { TextExample } from "../text/text-example.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { openExamples } from "./example-source.js";
import { recipeOptions, runOptions } from "./options.js";
import {
  type Recipe,
  type RecipeOptions,
  recipeFor,
  recordedRecipe,
  type Start as StartName,
} from "./recipe.js";
import type { RunFolder } from "./run-folder.js";
import { scratchConfig } from "./scratch-config.js";
import type { UncheckedTrainOptions } from "./train-options.js";

/** The beginning of a run: its examples, and the model that it starts with. */
export interface Start {
  readonly train: { readonly set: TextDataset; readonly record: DataRecord };
  /** Examples of the training data that are to be measured on. */
  readonly drawn: readonly TextExample[] | undefined;
  /** Makes the model before its first step, as often as it is wanted. */
  readonly fresh: () => BertClassifier<Answers>;
  readonly tokenizer: Tokenizer;
  readonly recipe: Recipe;
  /** The options, those of the recipe where none were given. */
  readonly options: UncheckedTrainOptions & RecipeOptions;
}

/** Reads the training examples, chooses the recipe and makes the model. */
export async function startTraining(
  folder: Pick<RunFolder, "resumeFrom">,
  options: UncheckedTrainOptions,
): Promise<Start> {
  const { pretrained } = options;
  return pretrained === undefined ? fromScratch(folder, options) : fineTuned(folder, options, pretrained);
}

async function fineTuned(
  folder: Pick<RunFolder, "resumeFrom">,
  options: UncheckedTrainOptions,
  name: string,
): Promise<Start> {
  const { log = () => {} } = options;
  const pretrained = await loadPretrained(name, {
    ...options.download,
    heads: options.heads,
    ...{ key: options.key, pooling: options.pooling },
  });
  for (const note of pretrained.notes) log(`pretrained: ${note}`);
  const { maxLength } = checkOptions(lengthOptions, options);
  expectPositions(maxLength, pretrained.config);
  const { tokenizer, answers: known } = pretrained;
  const preferredLabels = known && known !== "number" ? labelsOf(known) : undefined;
  const { examples, name: file, record, drawn } = await openTraining(options);
  const named = { labels: options.labelNames, preferredLabels };
  const set = await TextDataset.encode(examples, tokenizer, { ...options, ...named, unlabelled: "skip" });
  const { seed } = runOptions(options);
  const answers = answersOf(set, file);
  const fresh = () => {
    const model = classifierFrom(pretrained, answers, new Random(seed));
    log(`output layer: ${model.keepsOutput ? "kept from the checkpoint" : "fresh"}`);
    return model;
  };
  const train = { set, record: await record(set) };
  const start = pretrained.config.variant ? "published" : pretrained.isOwn ? "pretrained" : "book";
  return { train, drawn, fresh, tokenizer, ...settle(folder, options, start, set) };
}

async function fromScratch(
  folder: Pick<RunFolder, "resumeFrom">,
  options: UncheckedTrainOptions,
): Promise<Start> {
  const { examples, name, isSnli, record, drawn } = await openTraining(options);
  const { words = isSnli ? "book" : "punctuation" } = options;
  const { dataset: set, tokenizer } = await TextDataset.encodeWithNewVocabulary(examples, {
    ...options,
    ...{ words, labels: options.labelNames, unlabelled: "skip" },
  });
  const { maxLength } = checkOptions(lengthOptions, options);
  const config = scratchConfig({ ...options, maxLength }, tokenizer);
  const { seed } = runOptions(options);
  const settled = settle(folder, options, "scratch", set);
  const { embeddingStd } = settled.options;
  const answers = answersOf(set, name);
  const fresh = () => BertClassifier.fromScratch(config, answers, new Random(seed), { embeddingStd });
  return { train: { set, record: await record(set) }, drawn, fresh, tokenizer, ...settled };
}

/** Chooses the recipe: of a run that resumes it is what its checkpoint says. */
function settle(
  { resumeFrom }: Pick<RunFolder, "resumeFrom">,
  options: UncheckedTrainOptions,
  start: StartName,
  set: TextDataset,
): Pick<Start, "recipe" | "options"> {
  const { recipe: name } = checkOptions(recipeOptions, options);
  const recipe = resumeFrom ? recordedRecipe(resumeFrom) : recipeFor(name, start, set);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { recipe, options: { ...options, ...recipe.options, ...Object.fromEntries(given) } };
}

/** Opens the training examples, without those that are to be measured on. */
export async function openTraining(options: UncheckedTrainOptions) {
  const opened = await openExamples("train", options.train, options);
  const { testShare: share } = options;
  if (share === undefined) return { ...opened, drawn: undefined };
  const drawn: TextExample[] = [];
  const { seed } = runOptions(options);
  return { ...opened, examples: drawShare(opened.examples, { share, seed }, drawn), drawn };
}

/** What a model is to answer with. @throws TunebertError where every example has the same answer */
function answersOf(set: TextDataset, file: string): Answers {
  const { answers, labels, labelSets, numbers, labelNames } = set;
  const targets = answers === "number" ? numbers : labels;
  const [first] = targets;
  if (targets.some((target) => target !== first)) return answers;
  const others = set.skipped > 0 ? `; ${skippedNote(set)}` : "";
  throw new TunebertError(
    answers === "number"
      ? `${file}: every example has the number ${first}; there is nothing to learn${others}`
      : labelSets.length > 0
        ? `${file}: every example has the same labels; there is nothing to learn${others}`
        : `${file}: every example has the label ${labelNames[Number(first)]}; a classifier needs at least two labels${others}`,
  );
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
