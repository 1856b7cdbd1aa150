import { addAbortSignal } from "node:stream";
import type { Command } from "commander";
import { readExampleLines } from "../data/read-example-lines.js";
import { TunebertError } from "../error.js";
import { filesOfPattern } from "../hub/files/file-pattern.js";
import type { ModelConfig } from "../hub/store/model-config.js";
import { loadModel, readModelConfig } from "../hub/store/model-folder.js";
import { type OptionValues, option, reworded } from "../option.js";
import { choice, count, text } from "../option-kinds.js";
import { Predictor } from "../predict/predictor.js";
import { readExampleFiles } from "../run/read-example-files.js";
import { unknownWarning } from "../run/warnings.js";
import { threads } from "../runtime/threads/threads.js";
import type { TextExample } from "../text/text-example.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { addOptions } from "./add-options.js";
import { flagNames } from "./complaint.js";
import { addHelpBelow } from "./help-text.js";
import { answerOptions, exampleOptions } from "./options.js";
import { PREDICTION_FORMATS, predictionFormat } from "./prediction-formats.js";
import { note, print, printRow, warn } from "./print.js";
import { promptedExamples } from "./prompted-examples.js";
import { sharedDevice } from "./shared-device.js";
import { outputClosed, outputFailed } from "./standard-streams.js";

const predictOptions = {
  model: option(text("folder"), {
    default: "nli.mini",
    help: "what training wrote to --out; nli.mini, which comes with tunebert, tells whether a second sentence follows from a first",
  }),
  data: option(text("file"), {
    help: "examples to ask about: SNLI's .txt, or .tsv, .csv, .json or .jsonl with named columns, as they are or as .gz, or .parquet",
  }),
  format: option(choice(PREDICTION_FORMATS, "how"), {
    default: "text",
    help: "how answers are written, one a line: for people, as JSON, or as a table for a spreadsheet",
  }),
  json: reworded(answerOptions.json, "the same as --format jsonl"),
  top: option(count, { defaultText: "all", help: "write the n most probable labels only" }),
  threads: answerOptions.threads,
  quantized: answerOptions.quantized,
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
    .action(predict);
  addHelpBelow(
    command,
    [
      "Standard input takes one example a line: a text, or two separated by a tab, as the model was trained. Each is " +
        "answered as it comes. A row that cannot be read is told of, and the others are answered; the exit code is then 1. " +
        "A text that begins with a dash goes behind --, after all options.",
    ],
    [
      'tunebert predict "Two dogs run in a park ." "Animals are outside ."',
      'tunebert predict --model nli "A man is sleeping ." "A man is awake ."',
      "printf 'A dog runs .\\tAn animal moves .\\n' | tunebert predict --model nli --format jsonl",
      "tunebert predict --model reviews --data new.csv --format csv > answers.csv",
      'tunebert predict --model intents --top 3 "Where is my order ?"',
    ],
  );
  addOptions(command, predictOptions);
}

async function predict(
  first: string | undefined,
  second: string | undefined,
  flags: PredictFlags,
  command: Command,
): Promise<void> {
  expectTogether(first, flags, command);
  const config = await readModelConfig(flags.model);
  expectForModel(first, second, flags, config, command);
  const { texts } = config;
  const { device, prints } = flags.data
    ? await sharedDevice(flags, command)
    : { device: threads(first === undefined ? flags.threads : 1), prints: true };
  const bad = new BadRows(command, prints);
  const source =
    first === undefined ? examplesFrom(flags, config, bad) : oneExample({ text: first, textPair: second });
  const saved = await loadModel(flags.model, { task: "any" });
  const predictor = await Predictor.start({
    ...saved,
    quantized: flags.quantized,
    device,
  });
  const words = new KnownWords(saved.tokenizer);
  const { answers } = saved.model;
  const format = predictionFormat(formatOf(flags), { texts, answers, top: flags.top });
  // Answers that cannot be printed are not asked for.
  const enough = AbortSignal.any([outputClosed, outputFailed]);
  addAbortSignal(enough, process.stdin);
  try {
    if (prints && format.head !== undefined) printRow(format.head);
    for await (const examples of source) {
      const predictions = await predictor.predict(examples);
      if (!prints) continue;
      words.count(examples);
      predictions.forEach((prediction, i) => {
        const line = format.line(examples[i]!, prediction);
        if (format.head === undefined) print(line);
        else printRow(line);
      });
      if (enough.aborted) break;
    }
    warn(unknownWarning("given", words.unknownShare));
    bad.expectNone();
  } catch (error) {
    if (!enough.aborted) throw error;
  } finally {
    await predictor.close();
  }
}

/** What does not go together is wrong usage. */
function expectTogether(first: string | undefined, flags: PredictFlags, command: Command): void {
  if (first !== undefined && flags.data) command.error("error: give texts or --data, not both");
  if (flags.skipBadRows && !flags.data) command.error("error: --skip-bad-rows is for the file of --data");
  if (flags.json && flags.format === "csv") {
    command.error("error: --json and --format csv both say how answers are written; give one of them");
  }
}

/** As is what does not go with the model. */
function expectForModel(
  first: string | undefined,
  second: string | undefined,
  { top }: PredictFlags,
  { texts, answers }: ModelConfig,
  command: Command,
): void {
  if (top !== undefined && answers === "number") {
    command.error("error: --top is for labels; the model answers with a number");
  }
  if (first !== undefined && second === undefined && texts === 2) {
    command.error("error: the model is one of pairs: give two texts");
  }
  if (second !== undefined && texts === 1) {
    command.error("error: the model is one of single texts: give one text");
  }
}

function formatOf({ format, json }: PredictFlags): PredictFlags["format"] {
  return json ? "jsonl" : format;
}

/** Rows that cannot be read: each is told when it is met. */
class BadRows {
  readonly #nameOf: (option: string) => string;
  #count = 0;

  readonly #prints: boolean;

  constructor(command: Command, prints: boolean) {
    this.#nameOf = flagNames(command);
    this.#prints = prints;
  }

  readonly tell = (error: TunebertError): void => {
    if (!this.#prints) return;
    this.#count++;
    note(`not answered: ${error.told(this.#nameOf).join(" ")}`);
  };

  /** @throws TunebertError when there were some */
  expectNone(): void {
    if (this.#count === 0) return;
    const rows =
      this.#count === 1
        ? "1 row could not be read and has"
        : `${this.#count} rows could not be read and have`;
    throw new TunebertError(`${rows} no answer; all others are answered`);
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

async function* oneExample(example: TextExample): AsyncGenerator<TextExample[]> {
  yield [example];
}

/** Those of a file many together, those of standard input as they come. */
function examplesFrom(
  { data, ...columns }: PredictFlags,
  { texts, columns: remembered }: ModelConfig,
  bad: BadRows,
): AsyncIterable<TextExample[]> {
  if (data !== undefined) {
    const { labelColumn, labelColumns, labelSeparator, labelNames, ...textColumns } = remembered ?? {};
    const options = {
      ...columns,
      remembered: textColumns,
      onNotice: note,
      onBadRow: bad.tell,
    };
    return chunks(examplesOfPattern(data, options), CHUNK);
  }
  if (process.stdin.isTTY) return promptedExamples(process.stdin, process.stderr, texts);
  return readExampleLines(process.stdin, { fileName: "standard input", texts, onBadRow: bad.tell });
}

async function* examplesOfPattern(
  pattern: string,
  options: Parameters<typeof readExampleFiles>[1],
): AsyncGenerator<TextExample> {
  yield* readExampleFiles(await filesOfPattern(pattern), options);
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
