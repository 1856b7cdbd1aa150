import { basename } from "node:path";
import { MOST_KEPT } from "../bert/kept-states.js";
import { labelsOf, taskOf } from "../data/answers.js";
import { columnsToRemember } from "../data/columns.js";
import { labelNotes, skippedNote } from "../data/label-notes.js";
import { lengthOptions } from "../data/options.js";
import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { showAddress } from "../hub/files/address.js";
import { checkOptions } from "../option.js";
import { formatBytes } from "../report/terminal/format-quantity.js";
import { type KeptParts, keptOf } from "../tasks/fine-tuning.js";
import { isClassifier } from "../tasks/task-for.js";
import { listNames } from "../text/list-names.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { WordTokenizer } from "../text/word-tokenizer.js";
import { readHeldOut } from "./example-source.js";
import { runOptions } from "./options.js";
import { describeRecipe, recipeKeeper } from "./recipe.js";
import { startFingerprint } from "./run-fingerprint.js";
import type { RunFolder, StartFolder } from "./run-folder.js";
import { startTraining } from "./start-training.js";
import { askTeacher } from "./teacher.js";
import type { TrainingRun } from "./train-in-folder.js";
import { expectTogether, type UncheckedTrainOptions } from "./train-options.js";
import { dataWarnings } from "./warnings.js";

/** A run that is ready to start. */
export interface PreparedRun<Folder extends StartFolder = RunFolder> extends Omit<TrainingRun, "out"> {
  readonly out: Folder;
}

/** Reads the examples and makes the model: from options to a run for {@link trainInFolder}. */
export async function prepareRun<Folder extends StartFolder>(
  folder: Folder,
  given: UncheckedTrainOptions,
): Promise<PreparedRun<Folder>> {
  expectTogether(given);
  const { train, drawn, fresh, tokenizer, recipe, options } = await startTraining(folder, given);
  const model = fresh();
  const { tensorboard, noLabel, pretrained, log = () => {}, onNotice = () => {} } = options;
  const learnFrom = (teacher: string) => {
    if (!isClassifier(model)) throw noTeacher();
    return askTeacher(teacher, folder, options, { model, tokenizer, set: train.set });
  };
  const { maxLength, truncation } = checkOptions(lengthOptions, options);
  const task = taskOf(model.answers);
  const labels = task === "regression" ? undefined : model.labels;
  const taught = options.teacher === undefined ? undefined : await learnFrom(options.teacher);
  if (drawn?.length === 0) throw noneDrawn(options.testShare);
  const known = { maxLength, truncation, texts: train.set.texts, task, labels };
  const validation = await readHeldOut("validation", options, tokenizer, known);
  const test = await readHeldOut("test", { ...options, test: drawn ?? options.test }, tokenizer, known);
  log(describe("train", train.set));
  if (validation) log(describe("validation", validation.set));
  if (test) log(describe("test", test.set));
  log(`vocabulary of ${tokenizer.size} tokens, ${describeAnswers(train.set, options)}`);
  log(describeRecipe(recipe, options));
  const kept = describeKept(keptOf(model.config, train.set, runOptions(options)));
  if (kept !== undefined) log(kept);
  const records = { train: train.record, validation: validation?.record, test: test?.record };
  for (const notice of labelNotes(train.set, noLabel)) onNotice(notice);
  const sets = { train: taught?.set ?? train.set, validation: validation?.set, test: test?.set };
  const warnings = dataWarnings(sets, records, runOptions(options), tokenizer.unknown);
  for (const warning of warnings) onNotice(`warning: ${warning}`);
  const { checkpoints = true, checkpointEvery: every, keep, listeners = [], signal } = options;
  const embeddingStd = pretrained === undefined ? options.embeddingStd : undefined;
  return {
    ...{ model, tokenizer, maxLength, truncation, texts: train.set.texts, tensorboard, signal },
    columns: typeof options.train === "string" ? columnsToRemember(options) : undefined,
    listeners: [recipeKeeper(recipe), ...listeners],
    warnings,
    ...sets,
    teacher: taught?.logits,
    heldOut: (test ?? validation)?.examples,
    out: folder,
    options: runOptions(options),
    checkpoints: checkpoints && { every, keep },
    fingerprint: await startFingerprint({ pretrained, embeddingStd, out: folder.path, model }),
    description: {
      settings: settingsOf(options, tokenizer),
      pretrained: pretrained && basename(showAddress(pretrained)),
      data: records,
    },
  };
}

/** What becomes of what frozen blocks put out. */
function describeKept({ blocks, bytes, why }: KeptParts): string | undefined {
  if (blocks > 0) {
    return `frozen: what the lowest ${blocks === 1 ? "block puts" : `${blocks} blocks put`} out is computed once and kept, ${formatBytes(bytes)}`;
  }
  if (why === "memory") {
    return `frozen: computed anew in each epoch, since to keep it takes ${formatBytes(bytes)}, above ${formatBytes(MOST_KEPT)}`;
  }
  return why && "frozen: computed anew in each epoch, since dropout changes it; with --dropout 0 it is kept";
}

function noTeacher(): TunebertError {
  return new TunebertError(
    (named) => `${named} is for one label of several; leave it out where any labels or numbers are learnt`,
    { option: "teacher" },
  );
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

/** What is learnt, for a person to read. */
function describeAnswers({ answers, numbers }: TextDataset, { task }: UncheckedTrainOptions): string {
  if (answers !== "number") {
    const labels = labelsOf(answers);
    const any = taskOf(answers) === "multi-label" ? ", of which any may apply" : "";
    return `${labels.length} ${labels.length === 1 ? "label" : "labels"}${any}: ${listNames(labels)}`;
  }
  const [least, most] = [Math.min, Math.max].map((pick) => numbers.reduce((a, b) => pick(a, b)));
  const why =
    task === "auto" ? ", since labels have fractions; --task classification takes them for classes" : "";
  return `answers are numbers, from ${least} to ${most}${why}`;
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
