import { addAbortSignal } from "node:stream";
import type { Command } from "commander";
import { readExampleLines } from "../data/read-example-lines.js";
import { readExamples } from "../data/read-examples.js";
import { streamBytes } from "../hub/files/files.js";
import { loadModel, readModelConfig } from "../hub/store/model-folder.js";
import { mostProbable, probabilitiesJson } from "../metrics/label-probabilities.js";
import { type OptionValues, option, reworded } from "../option.js";
import { text } from "../option-kinds.js";
import { type NumberPrediction, type Prediction, Predictor } from "../predict/predictor.js";
import { unknownWarning } from "../run/warnings.js";
import { threads } from "../runtime/threads/threads.js";
import { printable } from "../text/printable.js";
import type { TextExample, Texts } from "../text/text-example.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { addOptions } from "./add-options.js";
import { answerOptions, exampleOptions, modelOptions } from "./options.js";
import { note, print, warn } from "./print.js";
import { outputClosed, outputFailed } from "./standard-streams.js";

const predictOptions = {
  ...modelOptions,
  data: option(text("file"), {
    help: "examples to ask about: SNLI's .txt, or .tsv, .csv or .jsonl with named columns, as they are or as .gz",
  }),
  json: reworded(answerOptions.json, "print one JSON object an example"),
  threads: answerOptions.threads,
  ...exampleOptions,
};

type PredictFlags = OptionValues<typeof predictOptions>;

/** Examples that are answered together where they come from a file or a pipe. */
const CHUNK = 1024;

export function addPredictCommand(program: Command): void {
  const command = program
    .command("predict")
    .description(
      "Ask a trained model about texts, or pairs of texts: given here, in a file, or on standard input.",
    )
    .argument("[text]", "the text, of a pair the first")
    .argument("[text-pair]", "the second, for a model of pairs")
    .addHelpText(
      "after",
      `
Standard input takes one example a line: a text, or two separated by a tab, as the model was trained. A text that
begins with a dash goes behind --, after all options.

Examples:
  $ tunebert predict --model nli "A man is sleeping ." "A man is awake ."
  $ printf 'A dog runs .\\tAn animal moves .\\n' | tunebert predict --model nli --json
  $ tunebert predict --model reviews "What a film !"`,
    )
    .action(predict);
  addOptions(command, predictOptions);
}

async function predict(
  first: string | undefined,
  second: string | undefined,
  flags: PredictFlags,
  command: Command,
): Promise<void> {
  if (first !== undefined && flags.data) command.error("error: give texts or --data, not both");
  if (flags.skipBadRows && !flags.data) command.error("error: --skip-bad-rows is for the file of --data");
  const { texts } = await readModelConfig(flags.model);
  if (first !== undefined && second === undefined && texts === 2) {
    command.error("error: the model is one of pairs: give two texts");
  }
  if (second !== undefined && texts === 1) {
    command.error("error: the model is one of single texts: give one text");
  }
  const source =
    first === undefined ? examplesFrom(flags, texts) : oneExample({ text: first, textPair: second });
  const saved = await loadModel(flags.model, { task: "any" });
  const predictor = await Predictor.start({
    ...saved,
    device: threads(first === undefined ? flags.threads : 1),
  });
  const words = new KnownWords(saved.tokenizer);
  // Answers that cannot be printed are not asked for.
  const enough = AbortSignal.any([outputClosed, outputFailed]);
  addAbortSignal(enough, process.stdin);
  try {
    const chunk = process.stdin.isTTY && !flags.data ? 1 : CHUNK;
    for await (const examples of chunks(source, chunk)) {
      const predictions = await predictor.predict(examples);
      words.count(examples);
      predictions.forEach((prediction, i) => {
        print(flags.json ? predictionJson(examples[i]!, prediction) : formatPrediction(prediction));
      });
      if (enough.aborted) break;
    }
    warn(unknownWarning("given", words.unknownShare));
  } catch (error) {
    if (!enough.aborted) throw error;
  } finally {
    await predictor.close();
  }
}

/** Counts the words of texts, and those that a tokenizer does not know. */
class KnownWords {
  readonly #tokenizer: Tokenizer;
  #words = 0;
  #unknown = 0;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  count(examples: readonly TextExample[]): void {
    const { unknown } = this.#tokenizer;
    if (unknown === undefined) return;
    for (const text of examples.flatMap(({ text, textPair = "" }) => [text, textPair])) {
      const ids = this.#tokenizer.ids(text);
      this.#words += ids.length;
      this.#unknown += ids.filter((id) => id === unknown).length;
    }
  }

  get unknownShare(): number {
    return this.#words === 0 ? 0 : this.#unknown / this.#words;
  }
}

/** Labels that a line shows; of more, the most probable. */
const SHOWN = 20;

/** What a model answers. */
type Answer = Prediction | NumberPrediction;

/** A number as it is printed: as many digits as single precision has. */
const DIGITS = 7;

/** A number; or else the label, and every label's probability: `entailment  entailment 0.912  contradiction 0.031  neutral 0.057`. */
export function formatPrediction(answer: Answer): string {
  if ("number" in answer) return String(rounded(answer));
  const { label, probabilities } = answer;
  const all = probabilities.length <= SHOWN;
  const shown = all ? probabilities : mostProbable(probabilities, SHOWN);
  const each = shown.map((entry) => `${printable(entry.label)} ${entry.probability.toFixed(3)}`);
  const width = shown.reduce((widest, entry) => Math.max(widest, printable(entry.label).length), 0);
  const others = all ? [] : [`and ${probabilities.length - SHOWN} others`];
  return [printable(label).padEnd(width), ...each, ...others].join("  ");
}

function predictionJson({ text, textPair }: TextExample, answer: Answer): string {
  if ("number" in answer) return JSON.stringify({ text, textPair, number: rounded(answer) });
  const { label, probabilities } = answer;
  const known = JSON.stringify({ text, textPair, label }).slice(0, -1);
  return `${known},"probabilities":${probabilitiesJson(probabilities)}}`;
}

function rounded({ number }: NumberPrediction): number {
  return Number(number.toPrecision(DIGITS));
}

async function* oneExample(example: TextExample): AsyncGenerator<TextExample> {
  yield example;
}

function examplesFrom({ data, ...columns }: PredictFlags, texts: Texts): AsyncIterable<TextExample> {
  return data
    ? readExamples(streamBytes(data), { ...columns, fileName: data, onNotice: note })
    : readExampleLines(process.stdin, { fileName: "standard input", texts });
}

async function* chunks(examples: AsyncIterable<TextExample>, size: number): AsyncGenerator<TextExample[]> {
  let chunk: TextExample[] = [];
  for await (const example of examples) {
    chunk.push(example);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
