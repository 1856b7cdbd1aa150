import { existsSync } from "node:fs";
import { lstat, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { BertClassifier, outputsOf } from "../../bert/bert-classifier.js";
import type { BertConfig } from "../../bert/config.js";
import { isOfOutputLayer, modelParameters } from "../../bert/model-program.js";
import { type Answers, type AnswersOf, labelsOf, type TaskName, taskOf } from "../../data/answers.js";
import type { RememberedColumns } from "../../data/columns.js";
import { TunebertError } from "../../error.js";
import { Random } from "../../random.js";
import { systemReason } from "../../system-error.js";
import { parseTokenizer } from "../../text/subwords/parse-tokenizer.js";
import { TOKENIZER_JSON } from "../../text/subwords/tokenizer-json.js";
import { DEFAULT_TEXTS, type Texts } from "../../text/text-example.js";
import type { Tokenizer } from "../../text/tokenizer.js";
import { DEFAULT_TRUNCATION, type TruncationName } from "../../text/truncate-pair.js";
import { parseWords, TOKENIZER_FILE, VOCABULARY_FILE, WordTokenizer } from "../../text/word-tokenizer.js";
import { firstNotFinite } from "../../weights/not-finite.js";
import { serializeSafetensors } from "../../weights/safetensors.js";
import type { StateDict } from "../../weights/tensor.js";
import { inFile, readText } from "../files/files.js";
import { expectNoOtherRun, isFolderLock } from "../files/folder-lock.js";
import { makeFolder } from "../files/make-folder.js";
import { isTemporary, sweepTemporary, writeWhole } from "../files/write-whole.js";
import { modelFolder } from "../shipped.js";
import { checkpointsPath, expectOwnFolder, listCheckpoints, removeCheckpoints } from "./checkpoint-folder.js";
import { FORMAT, formatModelConfig, type ModelConfig, parseModelConfig } from "./model-config.js";
import { readWeights } from "./read-weights.js";

/**
 * A trained model with all that is needed to ask it.
 * @typeParam A what it answers with
 */
export interface SavedModel<A extends Answers = readonly string[]> {
  readonly model: BertClassifier<A>;
  /** What makes tokens of the texts. */
  readonly tokenizer: Tokenizer;
  /** Longest input in tokens, special tokens included, that it was trained on. */
  readonly maxLength: number;
  /** How longer pairs were truncated. Default: longest-first. */
  readonly truncation?: TruncationName | undefined;
  /** How many texts it answers at a time, as it was trained to. Default: 2. */
  readonly texts?: Texts | undefined;
  /** How the examples of its training were found in their file, where that was said. */
  readonly columns?: RememberedColumns | undefined;
  /** (K): from which probability on a label is answered, where any may be. Default: one half. */
  readonly thresholds?: readonly number[] | undefined;
}

export const WEIGHTS = "model.safetensors";
/** Those of a model that is pretrained, as d2l's archives have them. */
export const PRETRAINED_WEIGHTS = "pretrained.params";
export const CONFIG = "config.json";
/** Of whatever tokenizer. */
const TOKENIZER_FILES = [VOCABULARY_FILE, TOKENIZER_FILE, TOKENIZER_JSON];
/** What a teacher has said, before there is a model. */
const TEACHER_ANSWERS = "teacher-answers.safetensors";
const METRICS = "metrics.jsonl";
const TENSORBOARD = "tensorboard";
/** What a run leaves beside the model when it is done. */
const REPORTS = ["curves.svg", "report.html", "MODEL_CARD.md", "run.json", "predictions.jsonl"] as const;

/**
 * Makes `folder` ready for the files of a model and writes config and tokenizer. Links in it, but not those that lead
 * to it, are replaced by files: nothing outside is written to.
 * @param resume whether what is there belongs to the same run, and stays
 * @throws TunebertError when the folder holds what must not be lost, is in use by another process that trains in it, or
 *   cannot be written
 * @example
 * const saved = await loadModel("nli");
 * await prepareModelFolder("copy", saved, { overwrite: true });
 * await saveWeights("copy", saved.model);
 */
export async function prepareModelFolder(
  folder: string,
  {
    model,
    tokenizer,
    maxLength,
    truncation = DEFAULT_TRUNCATION,
    texts = DEFAULT_TEXTS,
    columns,
    thresholds,
  }: SavedModel<Answers>,
  { overwrite, resume = false }: { readonly overwrite: boolean; readonly resume?: boolean },
): Promise<void> {
  await clearFolder(folder, { overwrite, resume });
  const { config, answers } = model;
  const chosen = thresholds ?? (resume ? await chosenThresholds(folder) : undefined);
  const described = formatModelConfig({
    ...{ config, answers, maxLength, truncation, texts, columns, thresholds: chosen },
  });
  await writeFiles(folder, { [CONFIG]: described, ...tokenizer.files() });
}

/**
 * Makes a folder ready for the files of a run, and takes out what a run before has left, unless it is gone on with.
 * @throws TunebertError as {@link prepareModelFolder}
 */
export async function clearFolder(
  folder: string,
  { overwrite, resume }: { readonly overwrite: boolean; readonly resume: boolean },
): Promise<void> {
  await expectNoOtherRun(folder);
  if (!resume) await expectFreeFolder(folder, { overwrite });
  try {
    await makeFolder(folder);
    if (resume) await ownWhatGrows(folder);
    else {
      await removeCheckpoints(folder);
      for (const file of [
        WEIGHTS,
        PRETRAINED_WEIGHTS,
        ...TOKENIZER_FILES,
        METRICS,
        TENSORBOARD,
        ...REPORTS,
      ]) {
        await rm(join(folder, file), { force: true, recursive: true });
      }
    }
    for (const place of [folder, checkpointsPath(folder)]) await sweepTemporary(place);
  } catch (cause) {
    if (cause instanceof TunebertError) throw cause;
    throw new TunebertError(`cannot write to ${folder}: ${systemReason(cause)}`, { cause });
  }
}

/** Writes files into a folder by their names, each whole or not at all. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeWhole(join(folder, name), text);
}

/** What a run that resumes has chosen by its best epoch. */
async function chosenThresholds(folder: string): Promise<readonly number[] | undefined> {
  return existsSync(join(folder, CONFIG)) ? (await readModelConfig(folder)).thresholds : undefined;
}

/** Files that a run that resumes adds to are to be in this folder, and under no other name elsewhere. */
async function ownWhatGrows(folder: string): Promise<void> {
  for (const place of [checkpointsPath(folder), tensorBoardPath(folder)]) await expectOwnFolder(place);
  const metrics = metricsPath(folder);
  const found = await lstat(metrics).catch(() => undefined);
  if (found && (found.isSymbolicLink() || found.nlink > 1)) {
    await writeWhole(metrics, await readFile(metrics).catch(() => ""));
  }
}

/**
 * Sees to it that nothing in a folder would be lost: only one that is new, empty or written by tunebert is
 * taken, and a model or checkpoints in it only with `overwrite`.
 * @throws TunebertError when the folder is not to be touched
 */
export async function expectFreeFolder(
  folder: string,
  { overwrite }: { readonly overwrite: boolean },
): Promise<void> {
  await expectKnownFolder(folder);
  if (overwrite) return;
  const hasModel = existsSync(join(folder, WEIGHTS));
  const hasCheckpoints = (await listCheckpoints(folder)).length > 0;
  if (!hasModel && !hasCheckpoints) return;
  throw new TunebertError(
    (overwrite, resume) =>
      `${folder} holds ${hasModel ? "a trained model" : "the checkpoints of a run"} already; choose another folder, ` +
      `${hasCheckpoints ? `pass ${resume} to go on with its training, ` : ""}or pass ${overwrite} to replace it`,
    { option: ["overwrite", "resume"] },
  );
}

/** @throws TunebertError when the folder holds files, and none of them says that it is tunebert's */
export async function expectKnownFolder(folder: string): Promise<void> {
  const entries = await entriesOf(folder);
  const isOwn = (name: string) => isTemporary(name) || isFolderLock(name) || name === TEACHER_ANSWERS;
  if (entries.every(isOwn) || (await isModelFolder(folder))) return;
  throw new TunebertError(
    `${folder} holds files that tunebert did not write; choose an empty or a new folder`,
  );
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    const reason = code === "ENOTDIR" ? "it is a file, not a folder" : systemReason(error);
    throw new TunebertError(`cannot write to ${folder}: ${reason}`, { cause: error });
  }
}

/**
 * Writes the weights into a folder that is prepared: whole, or not at all.
 * @throws TunebertError when a parameter is not finite, so that a diverged model never replaces a good one, or
 * when the file cannot be written
 * @example
 * const saved = await loadModel("nli");
 * await prepareModelFolder("copy", saved, { overwrite: true });
 * await saveWeights("copy", saved.model);
 */
export async function saveWeights(
  folder: string,
  model: Pick<BertClassifier<Answers>, "parameters" | "stateDict">,
): Promise<void> {
  const broken = firstNotFinite(model.parameters);
  if (broken) {
    throw new TunebertError(
      `${broken} holds values that are not finite: training has diverged, and the model is not saved. ` +
        "Try a lower learning rate",
    );
  }
  await writeWhole(join(folder, WEIGHTS), serializeSafetensors(model.stateDict()));
}

/** Writes into the config of a folder that is prepared from which probability on each label is answered. */
export async function saveThresholds(folder: string, thresholds: readonly number[]): Promise<void> {
  const config = await readModelConfig(folder);
  await writeWhole(join(folder, CONFIG), formatModelConfig({ ...config, thresholds }));
}

/** Writes a report beside the model: whole, or not at all. */
export async function saveReport(
  folder: string,
  name: (typeof REPORTS)[number],
  content: string | Uint8Array,
): Promise<void> {
  await writeWhole(join(folder, name), content);
}

/** Reads a report; `path` is for errors. @throws TunebertError when it is not there or not UTF-8 */
export async function readReport(
  folder: string,
  name: (typeof REPORTS)[number],
): Promise<{ readonly text: string; readonly path: string }> {
  const path = join(folder, name);
  return { text: await readText(path), path };
}

/** Where a run's events are logged. */
export function metricsPath(folder: string): string {
  return join(folder, METRICS);
}

/** Where a student keeps what its teacher has said. */
export function teacherAnswersPath(folder: string): string {
  return join(folder, TEACHER_ANSWERS);
}

/** Where a run's files for TensorBoard go. */
export function tensorBoardPath(folder: string): string {
  return join(folder, TENSORBOARD);
}

/** Reads what is said of the model in a folder. @throws TunebertError when it is missing or damaged */
export async function readModelConfig(folder: string): Promise<ModelConfig> {
  const path = join(modelFolder(folder), CONFIG);
  return parseModelConfig(await readText(path), path);
}

/** Which models are wanted of a folder. */
export interface LoadOptions<Task extends TaskName | "any"> {
  /** What the model has learnt; with "any" whatever it is. Default: classification. */
  readonly task?: Task;
}

/** A model that has learnt such a task. */
export type SavedModelOf<Task extends TaskName | "any"> = SavedModel<
  Task extends TaskName ? AnswersOf<Task> : Answers
>;

/**
 * Reads what training left in a folder, or a trained model that comes with the package, such as `nli.mini`.
 * @throws TunebertError when a file is missing or damaged, they do not belong together, or the model has learnt something
 *   else
 * @example
 * const { model } = await loadModel("nli");
 * console.log(model.labels); // [ 'entailment', 'contradiction', 'neutral' ]
 */
export async function loadModel<Task extends TaskName | "any" = "classification">(
  folder: string,
  { task }: LoadOptions<Task> = {},
): Promise<SavedModelOf<Task>> {
  const wanted: TaskName | "any" = task ?? "classification";
  const saved = await readModelConfig(folder);
  const learnt = taskOf(saved.answers);
  if (wanted !== "any" && wanted !== learnt) throw otherTask(folder, learnt);
  return (await loadDescribed(modelFolder(folder), saved)) as SavedModelOf<Task>; // as has just been checked
}

function otherTask(folder: string, learnt: TaskName): TunebertError {
  const answers = ANSWERING[learnt];
  return new TunebertError(
    (task) => `the model in ${folder} answers with ${answers}; load it with ${task} "${learnt}"`,
    { option: "task" },
  );
}

const ANSWERING = { classification: "labels", "multi-label": "any of its labels", regression: "a number" };

async function loadDescribed(folder: string, saved: ModelConfig): Promise<SavedModel<Answers>> {
  const tokenizer = await readTokenizer(folder);
  const [vocabulary = VOCABULARY_FILE] = Object.keys(tokenizer.files());
  const vocabularyPath = join(folder, vocabulary);
  const weightsPath = join(folder, WEIGHTS);
  if (!existsSync(weightsPath)) {
    throw new TunebertError(`${folder} holds no ${WEIGHTS}: its training has not finished an epoch`);
  }
  const state = readWeights(weightsPath);
  expectRows(tokenizer, saved.config, vocabularyPath);
  const model = inFile(weightsPath, () => {
    expectOutputLayer(state, saved.config, saved.answers);
    return BertClassifier.fromStateDict(saved.config, saved.answers, state, new Random(0), { adopt: true });
  });
  const { maxLength, truncation, texts, columns, thresholds } = saved;
  const said = { ...(columns && { columns }), ...(thresholds && { thresholds }) };
  return { model, tokenizer, maxLength, truncation, texts, ...said };
}

export async function readTokenizer(folder: string): Promise<Tokenizer> {
  const pieces = join(folder, TOKENIZER_JSON);
  if (existsSync(pieces)) return parseTokenizer(await readText(pieces), pieces);
  const [vocabulary, words] = [join(folder, VOCABULARY_FILE), join(folder, TOKENIZER_FILE)];
  const known = existsSync(words) ? parseWords(await readText(words), words) : undefined;
  return WordTokenizer.parse(await readText(vocabulary), vocabulary, known);
}

/** A model that has learnt has an output layer; a fresh one in its place would answer at random. */
function expectOutputLayer(state: StateDict, config: BertConfig, answers: Answers): void {
  const answering = answers === "number" ? "speaks of a number" : `names ${labelsOf(answers).length} labels`;
  for (const [name, { shape }] of modelParameters(config, outputsOf(answers))) {
    if (!isOfOutputLayer(name)) continue;
    const found = state.get(name)?.shape;
    if (found?.join() === shape.join()) continue;
    throw new TunebertError(
      `${name}: ${CONFIG} ${answering}, so expected [${shape.join(", ")}], ` +
        (found ? `found [${found.join(", ")}]` : "not found"),
    );
  }
}

/** Whether the folder holds a config.json of ours. */
export async function isModelFolder(folder: string): Promise<boolean> {
  try {
    return JSON.parse(await readText(join(folder, CONFIG))).format === FORMAT;
  } catch {
    return false;
  }
}

/** @throws TunebertError when the vocabulary has more tokens than the embedding has rows */
export function expectRows({ size }: Tokenizer, config: BertConfig, name: string): void {
  if (size > config.vocabularySize) {
    throw new TunebertError(
      `${name} has ${size} tokens, but the token embedding only ${config.vocabularySize} rows; ` +
        "the two do not belong together",
    );
  }
}
