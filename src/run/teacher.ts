import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import type { BertClassifier } from "../bert/bert-classifier.js";
import { taskOf } from "../data/answers.js";
import { lengthOptions } from "../data/options.js";
import { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { makeFolder } from "../hub/files/make-folder.js";
import { writeWhole } from "../hub/files/write-whole.js";
import { loadModel, type SavedModel, teacherAnswersPath } from "../hub/store/model-folder.js";
import { readWeights } from "../hub/store/read-weights.js";
import { checkOptions } from "../option.js";
import { Predictor } from "../predict/predictor.js";
import { formatCount, formatDuration } from "../report/terminal/format-quantity.js";
import { threads as threadsOf } from "../runtime/threads/threads.js";
import { listNames } from "../text/list-names.js";
import type { TextExample } from "../text/text-example.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { digestTensors } from "../train/fingerprint.js";
import { serializeSafetensors } from "../weights/safetensors.js";
import { openExamples } from "./example-source.js";
import { runOptions } from "./options.js";
import type { StartFolder } from "./run-folder.js";
import { openTraining } from "./start-training.js";
import type { UncheckedTrainOptions } from "./train-options.js";

/** Between two lines about how far a teacher is. */
const SECONDS_PER_LINE = 15;

/** What a student learns from: its examples with those that have no label, and the teacher's logits for them. */
export interface Taught {
  readonly set: TextDataset;
  /** [n, K], in the order of the student's labels. */
  readonly logits: Float32Array;
}

/**
 * Asks the teacher about all examples, once: what it said is kept in the folder, and taken from there when the same teacher
 * would be asked about the same examples.
 * @param set the labelled examples as the student has them
 * @throws TunebertError when the student has not the teacher's labels, or a file cannot be read
 */
export async function askTeacher(
  teacherFolder: string,
  folder: StartFolder,
  options: UncheckedTrainOptions,
  {
    model,
    tokenizer,
    set,
  }: { readonly model: BertClassifier; readonly tokenizer: Tokenizer; readonly set: TextDataset },
): Promise<Taught> {
  const { log = () => {}, unlabelled } = options;
  expectFiles(options);
  const teacher = await loadTeacher(teacherFolder, model.labels);
  const length = checkOptions(lengthOptions, options);
  const own =
    unlabelled === undefined
      ? undefined
      : await readUnlabelled(options, unlabelled, tokenizer, { ...length, labels: model.labels });
  const { examples } = await openTraining(options);
  const { maxLength, truncation } = teacher;
  const asked = { maxLength, truncation, labels: model.labels };
  const labelled = await TextDataset.encode(examples, teacher.tokenizer, {
    ...options,
    ...asked,
    unlabelled: "skip",
  });
  const others =
    unlabelled === undefined
      ? undefined
      : await readUnlabelled(options, unlabelled, teacher.tokenizer, asked);
  if (labelled.size !== set.size) {
    throw new TunebertError(
      `the training examples have changed while they were read: ${set.size} before, ${labelled.size} now`,
    );
  }
  const all = others ? labelled.concat(others) : labelled;
  log(
    `teacher: ${teacher.model.labels.length} labels, asked about ${formatCount(labelled.size)} labelled${others ? ` and ${formatCount(others.size)} unlabelled` : ""} examples`,
  );
  const logits = await keptAnswers(folder, teacher, all, options);
  return { set: own ? set.concat(own) : set, logits: reorder(logits, teacher.model.labels, model.labels) };
}

async function loadTeacher(folder: string, labels: readonly string[]): Promise<SavedModel> {
  const teacher = await loadModel(folder, { task: "any" });
  const { answers } = teacher.model;
  if (taskOf(answers) !== "classification") {
    throw new TunebertError(
      (named) =>
        `${named} ${folder} does not tell labels apart; a teacher answers with one of several labels`,
      { option: "teacher" },
    );
  }
  const known = teacher.model.labels;
  if (known.length !== labels.length || labels.some((label) => !known.includes(label))) {
    throw new TunebertError(
      (named) =>
        `${named} ${folder} has the labels ${listNames(known)}, the training examples ${listNames(labels)}; take a teacher of the same labels`,
      { option: "teacher" },
    );
  }
  return teacher as SavedModel; // as has just been checked
}

/** Examples that are read twice have to be in files. */
function expectFiles({ train, unlabelled }: UncheckedTrainOptions): void {
  if (typeof train === "string" && (unlabelled === undefined || typeof unlabelled === "string")) return;
  throw new TunebertError((named) => `with ${named} the examples are read twice; give files`, {
    option: "teacher",
  });
}

async function readUnlabelled(
  options: UncheckedTrainOptions,
  source: string,
  tokenizer: Tokenizer,
  encoding: Pick<Parameters<typeof TextDataset.encode>[2], "maxLength" | "truncation" | "labels">,
): Promise<TextDataset> {
  const { labelColumn: _, labelColumns: __, ...columns } = options;
  const { examples } = await openExamples("unlabelled", source, columns);
  return TextDataset.encode(withoutLabels(examples), tokenizer, {
    ...encoding,
    unlabelled: "keep",
    task: "classification",
  });
}

async function* withoutLabels(
  examples: Iterable<TextExample> | AsyncIterable<TextExample>,
): AsyncGenerator<TextExample> {
  for await (const example of examples) yield { ...example, label: undefined };
}

/** The teacher's logits [n, K] in its own order. */
async function keptAnswers(
  { path: folder, isOthers }: StartFolder,
  teacher: SavedModel,
  set: TextDataset,
  options: UncheckedTrainOptions,
): Promise<Float32Array> {
  const path = teacherAnswersPath(folder);
  const hash = createHash("sha256").update(digestTensors(teacher.model.stateDict()));
  for (const numbers of [set.tokenIds, set.offsets, set.firstLengths]) hash.update(numbers);
  const digest = hash.digest("hex");
  const found = existsSync(path) ? readAnswers(path, digest) : undefined;
  if (found) {
    options.log?.("teacher: its answers are known from before");
    return found;
  }
  const { threads } = runOptions(options);
  const predictor = await Predictor.start({ ...teacher, device: threadsOf(threads) });
  try {
    const { log = () => {}, signal } = options;
    const logits = await predictor.logits(set, { signal, onProgress: progressLog(log) });
    if (isOthers) return logits;
    await makeFolder(folder);
    const state = new Map([[digest, { type: "float32" as const, shape: [logits.length], data: logits }]]);
    await writeWhole(path, serializeSafetensors(state));
    return logits;
  } finally {
    await predictor.close();
  }
}

/** A line every so often; none where all is soon done. */
function progressLog(log: (line: string) => void): (done: number, all: number) => void {
  const started = performance.now();
  let due = SECONDS_PER_LINE;
  return (done, all) => {
    const seconds = (performance.now() - started) / 1000;
    if (seconds < due || done === 0 || done === all) return;
    due = seconds + SECONDS_PER_LINE;
    const left = (seconds / done) * (all - done);
    log(
      `teacher: ${formatCount(done)} of ${formatCount(all)} examples answered, ${formatDuration(left)} left`,
    );
  };
}

/** What was kept under this digest; a file of another, or a damaged one, is of no use. */
function readAnswers(path: string, digest: string): Float32Array | undefined {
  try {
    const { data } = readWeights(path).get(digest) ?? {};
    return data instanceof Float32Array ? data : undefined;
  } catch (error) {
    if (error instanceof TunebertError) return undefined;
    throw error;
  }
}

/** Logits [n, K] with their columns in another order. */
function reorder(logits: Float32Array, from: readonly string[], to: readonly string[]): Float32Array {
  const K = to.length;
  const columns = to.map((label) => from.indexOf(label));
  return logits.map((_, i) => logits[i - (i % K) + columns[i % K]!]!);
}
