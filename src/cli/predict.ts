import { addAbortSignal } from "node:stream";
import type { Command } from "commander";
import { readPairLines } from "../data/read-pair-lines.js";
import { readPairs } from "../data/read-pairs.js";
import { streamBytes } from "../hub/files/files.js";
import { loadModel } from "../hub/store/model-folder.js";
import { mostProbable, probabilitiesJson } from "../metrics/label-probabilities.js";
import { type GivenOptions, type OptionValues, option, reworded } from "../option.js";
import { text } from "../option-kinds.js";
import { type Prediction, Predictor } from "../predict/predictor.js";
import { threads } from "../runtime/threads/threads.js";
import { printable } from "../text/printable.js";
import { addOptions } from "./add-options.js";
import { answerOptions, modelOptions, pairOptions } from "./options.js";
import { note, print } from "./print.js";
import { outputClosed, outputFailed } from "./standard-streams.js";

const predictOptions = {
  ...modelOptions,
  data: option(text("file"), {
    help: "pairs to ask about: SNLI's .txt, or .tsv, .csv or .jsonl with named columns, as they are or as .gz",
  }),
  json: reworded(answerOptions.json, "print one JSON object a pair"),
  threads: answerOptions.threads,
  ...pairOptions,
};

type PredictFlags = OptionValues<typeof predictOptions>;

interface Pair {
  readonly premise: string;
  readonly hypothesis: string;
}

/** Pairs that are answered together where they come from a file or a pipe. */
const CHUNK = 1024;

export function addPredictCommand(program: Command): void {
  const command = program
    .command("predict")
    .description("Ask a trained model about pairs of texts: given here, in a file, or on standard input.")
    .argument("[premise]", "first text")
    .argument("[hypothesis]", "second text")
    .addHelpText(
      "after",
      `
Standard input takes one pair a line, the texts separated by a tab. A text that begins with a dash goes behind --,
after all options.

Examples:
  $ tunebert predict --model nli "A man is sleeping ." "A man is awake ."
  $ printf 'A dog runs .\\tAn animal moves .\\n' | tunebert predict --model nli --json`,
    )
    .action(predict);
  addOptions(command, predictOptions);
}

async function predict(
  premise: string | undefined,
  hypothesis: string | undefined,
  flags: PredictFlags,
  command: Command,
): Promise<void> {
  if (premise !== undefined && hypothesis === undefined) {
    command.error("error: one text is not a pair: give a premise and a hypothesis");
  }
  if (premise !== undefined && flags.data) command.error("error: give a pair or --data, not both");
  if (flags.skipBadRows && !flags.data) command.error("error: --skip-bad-rows is for the file of --data");
  const source = pairsFrom(premise, hypothesis, flags);
  const saved = await loadModel(flags.model);
  const single = premise !== undefined;
  const predictor = await Predictor.start({ ...saved, device: threads(single ? 1 : flags.threads) });
  // Answers that cannot be printed are not asked for.
  const enough = AbortSignal.any([outputClosed, outputFailed]);
  addAbortSignal(enough, process.stdin);
  try {
    const chunk = process.stdin.isTTY && !flags.data ? 1 : CHUNK;
    for await (const pairs of chunks(source, chunk)) {
      const predictions = await predictor.predict(pairs);
      predictions.forEach((prediction, i) => {
        print(flags.json ? predictionJson(pairs[i]!, prediction) : formatPrediction(prediction));
      });
      if (enough.aborted) break;
    }
  } catch (error) {
    if (!enough.aborted) throw error;
  } finally {
    await predictor.close();
  }
}

/** Labels that a line shows; of more, the most probable. */
const SHOWN = 20;

/** The label, and every label's probability: `entailment  entailment 0.912  contradiction 0.031  neutral 0.057`. */
export function formatPrediction({ label, probabilities }: Prediction): string {
  const all = probabilities.length <= SHOWN;
  const shown = all ? probabilities : mostProbable(probabilities, SHOWN);
  const each = shown.map((entry) => `${printable(entry.label)} ${entry.probability.toFixed(3)}`);
  const width = shown.reduce((widest, entry) => Math.max(widest, printable(entry.label).length), 0);
  const others = all ? [] : [`and ${probabilities.length - SHOWN} others`];
  return [printable(label).padEnd(width), ...each, ...others].join("  ");
}

function predictionJson({ premise, hypothesis }: Pair, { label, probabilities }: Prediction): string {
  const known = JSON.stringify({ premise, hypothesis, label }).slice(0, -1);
  return `${known},"probabilities":${probabilitiesJson(probabilities)}}`;
}

function pairsFrom(
  premise: string | undefined,
  hypothesis: string | undefined,
  flags: PredictFlags,
): AsyncIterable<Pair> {
  if (premise !== undefined) return onePair({ premise, hypothesis: hypothesis! });
  return flags.data
    ? pairsOfFile(flags.data, flags)
    : readPairLines(process.stdin, { fileName: "standard input" });
}

async function* onePair(pair: Pair): AsyncGenerator<Pair> {
  yield pair;
}

async function* pairsOfFile(file: string, columns: GivenOptions<typeof pairOptions>): AsyncGenerator<Pair> {
  yield* readPairs(streamBytes(file), { ...columns, fileName: file, onNotice: note });
}

async function* chunks(pairs: AsyncIterable<Pair>, size: number): AsyncGenerator<Pair[]> {
  let chunk: Pair[] = [];
  for await (const { premise, hypothesis } of pairs) {
    chunk.push({ premise, hypothesis });
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
