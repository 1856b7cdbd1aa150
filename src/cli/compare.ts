import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { type AnswersOf, labelsOf, type TaskName, taskOf } from "../data/answers.js";
import type { ColumnOptions } from "../data/columns.js";
import { notANumber, unknownLabel, whereIs } from "../data/label-ids.js";
import { skippedNote } from "../data/label-notes.js";
import { numberOf } from "../data/label-order.js";
import { isNoLabel } from "../data/no-label.js";
import { TunebertError } from "../error.js";
import { resolveDataFiles } from "../hub/fetch/resolve.js";
import type { ModelConfig } from "../hub/store/model-config.js";
import { loadModel, readModelConfig, readReport } from "../hub/store/model-folder.js";
import type { AnsweredExample } from "../metrics/answered-example.js";
import { firstOtherExample } from "../metrics/compare-answers.js";
import type { GuessedExample } from "../metrics/guesses.js";
import type { MultiLabelAnswer } from "../metrics/multi-label-answers.js";
import { type OptionValues, option, reworded } from "../option.js";
import { text } from "../option-kinds.js";
import {
  answerLabelled,
  answerMultiLabel,
  guessNumbers,
  type LabelledExample,
} from "../predict/answer-labelled.js";
import { Predictor } from "../predict/predictor.js";
import { parseGuesses } from "../report/files/guesses-file.js";
import { parseMultiLabelAnswers } from "../report/files/multi-label-file.js";
import { parsePredictions } from "../report/files/predictions-file.js";
import { parseRun } from "../report/files/run-file.js";
import { isMultiLabel, isRegression, type RunRecord } from "../report/files/run-record.js";
import {
  type ComparedRun,
  type ComparedRuns,
  type Comparison,
  compareMultiLabelRuns,
  compareRegressions,
  compareRuns,
} from "../report/terminal/comparison.js";
import { formatComparison } from "../report/terminal/comparison-text.js";
import { readExampleFiles } from "../run/read-example-files.js";
import { threads as threadsOf } from "../runtime/threads/threads.js";
import { listNames } from "../text/list-names.js";
import { showJson } from "../text/show-json.js";
import type { Texts } from "../text/text-example.js";
import { addOptions } from "./add-options.js";
import { fetchOptions } from "./download-options.js";
import { withLabelNames } from "./label-names.js";
import { answerOptions, labelledExampleOptions } from "./options.js";
import { note, print } from "./print.js";

const compareOptions = {
  data: option(text("file"), {
    defaultText: "their answers to their test examples",
    help: "labelled examples that all models are to answer",
  }),
  json: answerOptions.json,
  threads: reworded(answerOptions.threads, "threads to use with --data"),
  ...labelledExampleOptions,
};

type TypedFlags = OptionValues<typeof compareOptions>;
type CompareFlags = Awaited<ReturnType<typeof withLabelNames<TypedFlags>>>;

export function addCompareCommand(program: Command): void {
  const command = program
    .command("compare")
    .description(
      "Lay training runs side by side: what differs, what they reached, and whether the first and each other differ " +
        "by more than chance.",
    )
    .argument("<run...>", "folders that training wrote, two or more; with --data any folders of models")
    .action(compare);
  addOptions(command, compareOptions);
}

async function compare(folders: string[], given: TypedFlags, command: Command): Promise<void> {
  if (folders.length < 2) command.error("error: one run is not a comparison: give two or more");
  const flags = await withLabelNames(given);
  const comparison =
    flags.data === undefined
      ? await compareRecorded(folders)
      : await compareAsked(folders, flags.data, flags);
  print(flags.json ? JSON.stringify(comparison) : formatComparison(comparison));
}

/** Compares runs by what they left: their records, and their answers to their test examples. */
async function compareRecorded(folders: readonly string[]): Promise<Comparison> {
  const runs = await Promise.all(folders.map(readRecordedRun));
  expectSameLabels(runs);
  if (runs.some(({ model }) => isRegression(model))) {
    return compareRegressions(await withAnswers(runs, parseGuesses));
  }
  if (runs.some(({ model }) => isMultiLabel(model))) {
    return compareMultiLabelRuns(await withAnswers(runs, parseMultiLabelAnswers));
  }
  return compareRuns(await withAnswers(runs, parseAnswers));
}

async function withAnswers<Answer extends AnsweredExample | MultiLabelAnswer | GuessedExample>(
  runs: readonly RecordedRun[],
  parse: (text: string, path: string, labels: readonly string[]) => readonly Answer[],
): Promise<ComparedRuns<Answer>> {
  const compared: ComparedRun<Answer>[] = [];
  for (const { name, run } of runs) {
    const answers = await readAnswers(name, (text, path) => parse(text, path, run.model.labels));
    compared.push({ name, run, model: run.model, answers });
  }
  expectSameExamples(compared);
  return compared as unknown as ComparedRuns<Answer>; // two or more were asked for
}

/** Compares models by what they answer to the same examples, with the records of their training where there are any. */
async function compareAsked(
  folders: readonly string[],
  data: string,
  flags: CompareFlags,
): Promise<Comparison> {
  const models = await Promise.all(
    folders.map(async (name) => {
      const { answers, ...described } = await readModelConfig(name);
      const isAny = taskOf(answers) === "multi-label";
      const model = {
        ...described,
        labels: labelsOf(answers),
        ...(isAny && { task: "multi-label" as const }),
      };
      return { name, model, run: await readRun(name) };
    }),
  );
  expectSameLabels(models);
  expectSameTexts(models);
  const { labels = [], task, columns: remembered } = models[0]?.model ?? {};
  const files = await resolveDataFiles(data, "test", fetchOptions(flags));
  const examples = await readLabelled(files, { labels, task }, { ...flags, remembered });
  if (isRegression({ labels })) {
    return compareRegressions(
      await askAll(models, "regression", flags, (one) => guessNumbers(one, examples)),
    );
  }
  if (isMultiLabel({ task })) {
    return compareMultiLabelRuns(
      await askAll(models, "multi-label", flags, (one) => answerMultiLabel(one, examples)),
    );
  }
  return compareRuns(await askAll(models, "classification", flags, (one) => answerLabelled(one, examples)));
}

interface AskedModel {
  readonly name: string;
  readonly model: Omit<ModelConfig, "answers"> & Pick<RunRecord["model"], "labels" | "task">;
  readonly run: RunRecord | undefined;
}

async function askAll<Task extends TaskName, Answer>(
  models: readonly AskedModel[],
  task: Task,
  { threads }: CompareFlags,
  ask: (predictor: Predictor<AnswersOf<Task>>) => Promise<readonly Answer[]>,
): Promise<ComparedRuns<Answer>> {
  const compared: ComparedRun<Answer>[] = [];
  for (const { name, model, run } of models) {
    const saved = await loadModel(name, { task });
    const parameters = [...saved.model.parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
    const { config, ...described } = model;
    const known = { ...run?.model, ...config, ...described, parameters };
    const predictor = new Predictor({ ...saved, device: threadsOf(threads) });
    try {
      compared.push({ name, run, model: known, answers: await ask(predictor as Predictor<AnswersOf<Task>>) });
    } finally {
      await predictor.close();
    }
  }
  return compared as unknown as ComparedRuns<Answer>; // two or more were asked for
}

interface RecordedRun {
  readonly name: string;
  readonly run: RunRecord;
  readonly model: RunRecord["model"];
}

async function readRecordedRun(name: string): Promise<RecordedRun> {
  const run = await readRun(name);
  if (run) return { name, run, model: run.model };
  throw new TunebertError(
    `${name} holds no run.json, which training writes when it is done; give folders of finished runs, ` +
      "or examples that the models are to answer with --data",
  );
}

async function readRun(folder: string): Promise<RunRecord | undefined> {
  if (!existsSync(join(folder, "run.json"))) return undefined;
  const { text, path } = await readReport(folder, "run.json");
  return parseRun(text, path);
}

async function readAnswers<Answer>(
  folder: string,
  parse: (text: string, path: string) => readonly Answer[],
): Promise<readonly Answer[]> {
  if (!existsSync(join(folder, "predictions.jsonl"))) {
    throw new TunebertError(
      `${folder} holds no predictions.jsonl: it was trained without test examples. Give examples with --data`,
    );
  }
  const { text, path } = await readReport(folder, "predictions.jsonl");
  const answers = parse(text, path);
  if (answers.length === 0) throw new TunebertError(`${path} holds no answers. Give examples with --data`);
  return answers;
}

function parseAnswers(text: string, path: string, labels: readonly string[]): AnsweredExample[] {
  const answers = parsePredictions(text, path);
  const known = new Set(labels);
  for (const [i, { trueLabel, predictedLabel }] of answers.entries()) {
    const other = [trueLabel, predictedLabel].find((label) => !known.has(label));
    if (other === undefined) continue;
    throw new TunebertError(`${path}, line ${i + 1}: run.json does not know the label ${showJson(other)}`);
  }
  return answers;
}

async function readLabelled(
  files: readonly string[],
  model: Pick<RunRecord["model"], "labels" | "task">,
  flags: CompareFlags & Pick<ColumnOptions, "remembered">,
): Promise<LabelledExample[]> {
  const { labels } = model;
  const labelled: LabelledExample[] = [];
  const skippedLabels = new Map<string, number>();
  let skipped = 0;
  const name = files.length === 1 ? files[0] : flags.data;
  for await (const example of readExampleFiles(files, { ...flags, noLabel: [], onNotice: note })) {
    const { text, textPair, label } = example;
    const isOne = typeof label === "string";
    if (label === undefined || (isOne && isNoLabel(label, labels, flags.noLabel))) {
      if (label !== undefined) skippedLabels.set(label, (skippedLabels.get(label) ?? 0) + 1);
      skipped++;
      continue;
    }
    const where = () => whereIs(example, labelled.length);
    for (const one of isOne ? [label] : label) {
      if (isRegression(model) && numberOf(one) === undefined) throw notANumber(one, where());
      if (!isRegression(model) && !labels.includes(one)) throw unknownLabel(one, labels, where());
    }
    if (!isOne && !isMultiLabel(model)) throw severalLabels(where());
    labelled.push({ text, textPair, label });
  }
  if (labelled.length === 0)
    throw new TunebertError(`${name}: no example has a label; take data with labels`);
  if (skipped > 0) note(`${name}: ${skippedNote({ skipped, skippedLabels })}`);
  return labelled;
}

function severalLabels(where: string): TunebertError {
  return new TunebertError(`${where}: a list of labels, but the models answer with one`);
}

interface Named {
  readonly name: string;
  readonly model: Pick<RunRecord["model"], "labels" | "task">;
}

function expectSameLabels(models: readonly Named[]): void {
  const sorted = ({ model }: Named) => JSON.stringify([model.task ?? null, ...[...model.labels].sort()]);
  const [first] = models;
  const other = models.find((model) => first && sorted(model) !== sorted(first));
  if (!first || !other) return;
  const listed = ({ model }: Named) =>
    isRegression(model)
      ? "a number"
      : `${isMultiLabel(model) ? "any of " : ""}${listNames([...model.labels].sort())}`;
  throw new TunebertError(
    `${first.name} answers with ${listed(first)}, but ${other.name} with ${listed(other)}; ` +
      "only runs with the same labels can be compared",
  );
}

function expectSameTexts(models: readonly AskedModel[]): void {
  const [first, ...others] = models;
  const other = others.find(({ model }) => model.texts !== first?.model.texts);
  if (!first || !other) return;
  const read = (texts: Texts) => (texts === 1 ? "single texts" : "pairs of texts");
  throw new TunebertError(
    `${first.name} reads ${read(first.model.texts)}, but ${other.name} ${read(other.model.texts)}; ` +
      "only models that read the same can be compared",
  );
}

function expectSameExamples(
  runs: readonly ComparedRun<AnsweredExample | MultiLabelAnswer | GuessedExample>[],
): void {
  const [first, ...others] = runs;
  if (!first) return;
  for (const { name, answers } of others) {
    const place = firstOtherExample(first.answers, answers);
    if (place === undefined) continue;
    throw new TunebertError(
      `${first.name} and ${name} were tested on different examples (${first.answers.length} and ${answers.length}, ` +
        `the first that differs is number ${place + 1}). Give examples for all of them with --data`,
    );
  }
}
