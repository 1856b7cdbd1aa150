import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { whereIs } from "../data/label-ids.js";
import { readPairs } from "../data/read-pairs.js";
import { TunebertError } from "../error.js";
import { streamBytes } from "../hub/files.js";
import { loadModel, readReport } from "../hub/model-folder.js";
import { resolveData } from "../hub/resolve.js";
import type { AnsweredPair } from "../metrics/answered-pair.js";
import { firstOtherPair } from "../metrics/compare-answers.js";
import { answerLabelled, type LabelledPair } from "../predict/answer-labelled.js";
import { Predictor } from "../predict/predictor.js";
import { type ComparedRun, compareRuns } from "../report/comparison.js";
import { formatComparison } from "../report/comparison-text.js";
import { parsePredictions } from "../report/predictions-file.js";
import { parseRun } from "../report/run-file.js";
import type { RunRecord } from "../report/run-record.js";
import { defaultTrainerOptions } from "../train/options.js";
import { type DownloadFlags, downloadOptions, fetchOptions } from "./download-options.js";
import { type ColumnFlags, columnOptions, positiveWholeNumber } from "./options.js";

interface CompareFlags extends ColumnFlags, DownloadFlags {
  readonly data?: string;
  readonly json: boolean;
  readonly threads: number;
}

export function addCompareCommand(program: Command): void {
  const command = program
    .command("compare")
    .description(
      "Lay training runs side by side: what differs, what they reached, and whether the first and each other differ " +
        "by more than chance.",
    )
    .argument("<run...>", "folders that training wrote, two or more")
    .option(
      "--data <file>",
      "labelled pairs that all models are to answer (default: their answers to their test pairs)",
    )
    .option("--json", "print one JSON object", false)
    .option("--threads <n>", "threads to use with --data", positiveWholeNumber, defaultTrainerOptions.threads)
    .action(compare);
  for (const option of [...columnOptions({ label: true }), ...downloadOptions()]) command.addOption(option);
}

async function compare(folders: string[], flags: CompareFlags, command: Command): Promise<void> {
  if (folders.length < 2) command.error("error: one run is not a comparison: give two or more");
  const runs = await Promise.all(folders.map(readRun));
  expectSameLabels(folders, runs);
  const answers =
    flags.data === undefined
      ? await Promise.all(folders.map(readAnswers))
      : await answersTo(flags.data, folders, runs[0]!.model.labels, flags);
  expectSamePairs(folders, answers);
  const [first, ...others] = folders.map((name, i) => ({ name, run: runs[i]!, answers: answers[i]! }));
  const comparison = compareRuns([first as ComparedRun, ...others]);
  if (flags.json) console.log(JSON.stringify(comparison));
  else process.stdout.write(formatComparison(comparison));
}

async function readRun(folder: string): Promise<RunRecord> {
  if (!existsSync(join(folder, "run.json"))) {
    throw new TunebertError(
      `${folder} holds no run.json, which training writes when it is done; give folders of finished runs`,
    );
  }
  const { text, path } = await readReport(folder, "run.json");
  return parseRun(text, path);
}

async function readAnswers(folder: string): Promise<AnsweredPair[]> {
  if (!existsSync(join(folder, "predictions.jsonl"))) {
    throw new TunebertError(
      `${folder} holds no predictions.jsonl: it was trained without test pairs. Give pairs with --data`,
    );
  }
  const { text, path } = await readReport(folder, "predictions.jsonl");
  return parsePredictions(text, path);
}

/** What each model answers to the same pairs. */
async function answersTo(
  data: string,
  folders: readonly string[],
  labels: readonly string[],
  flags: CompareFlags,
): Promise<AnsweredPair[][]> {
  const pairs = await readLabelled(await resolveData(data, "test", fetchOptions(flags)), labels, flags);
  const answers: AnsweredPair[][] = [];
  for (const folder of folders) {
    const predictor = await Predictor.start({ ...(await loadModel(folder)), threads: flags.threads });
    try {
      answers.push(await answerLabelled(predictor, pairs));
    } finally {
      await predictor.close();
    }
  }
  return answers;
}

async function readLabelled(
  file: string,
  labels: readonly string[],
  columns: ColumnFlags,
): Promise<LabelledPair[]> {
  const labelled: LabelledPair[] = [];
  for await (const pair of readPairs(streamBytes(file), {
    ...columns,
    fileName: file,
    onNotice: console.error,
  })) {
    const { premise, hypothesis, label } = pair;
    if (label === undefined) continue;
    if (!labels.includes(label)) {
      throw new TunebertError(
        `${whereIs(pair, labelled.length)}: the models do not know the label "${label}"; they know ${labels.join(", ")}`,
      );
    }
    labelled.push({ premise, hypothesis, label });
  }
  if (labelled.length === 0) throw new TunebertError(`${file}: no pair has a label; take data with labels`);
  return labelled;
}

function expectSameLabels(folders: readonly string[], runs: readonly RunRecord[]): void {
  const sorted = ({ model }: RunRecord) => [...model.labels].sort().join(", ");
  const other = runs.findIndex((run) => sorted(run) !== sorted(runs[0]!));
  if (other < 0) return;
  throw new TunebertError(
    `${folders[0]} answers with ${sorted(runs[0]!)}, but ${folders[other]} with ${sorted(runs[other]!)}; ` +
      "only runs with the same labels can be compared",
  );
}

function expectSamePairs(folders: readonly string[], answers: readonly AnsweredPair[][]): void {
  for (const [i, others] of answers.entries()) {
    const place = firstOtherPair(answers[0]!, others);
    if (place === undefined) continue;
    throw new TunebertError(
      `${folders[0]} and ${folders[i]} were tested on different pairs (${answers[0]!.length} and ${others.length}, ` +
        `the first that differs is number ${place + 1}). Give pairs for all of them with --data`,
    );
  }
}
