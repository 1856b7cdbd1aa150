import { checkLabels } from "../../bert/check-labels.js";
import { type BertConfig, checkConfig, POOLINGS, type VariantPooling } from "../../bert/config.js";
import type { PretrainingHeads } from "../../bert/pretraining-program.js";
import { type Answers, labelsOf, taskOf } from "../../data/answers.js";
import type { RememberedColumns } from "../../data/columns.js";
import { rowOptions } from "../../data/options.js";
import { TunebertError } from "../../error.js";
import { ACTIVATIONS, type Activation } from "../../nn/activation.js";
import * as json from "../../text/json-reader.js";
import { readTexts, type Texts } from "../../text/text-example.js";
import { checkTruncation, DEFAULT_TRUNCATION, type TruncationName } from "../../text/truncate-pair.js";
import { inFile } from "../files/files.js";

/** What config.json says of a trained model. */
export interface ModelConfig {
  readonly config: BertConfig;
  /** The labels, in the order of the logits, any of them, or a number. */
  readonly answers: Answers;
  readonly maxLength: number;
  readonly truncation: TruncationName;
  /** How many texts it answers at a time. */
  readonly texts: Texts;
  /** How the examples of its training were found, where that was said. */
  readonly columns?: RememberedColumns | undefined;
  /** (K): from which probability on a label is answered, where any may be and that was chosen. */
  readonly thresholds?: readonly number[] | undefined;
}

/** `format` in config.json, by which a folder is known to be ours. */
export const FORMAT = "tunebert";
const VERSION = 1;

/** The text of config.json. */
export function formatModelConfig(model: ModelConfig): string {
  const { config, answers, maxLength, truncation, texts, columns, thresholds } = model;
  const task = taskOf(answers);
  const answering = {
    ...(task !== "classification" && { task }),
    ...(task !== "regression" && { labels: labelsOf(answers), thresholds }),
  };
  const asked = { maxLength, truncation, texts, columns };
  const json = { format: FORMAT, version: VERSION, ...config, ...answering, ...asked };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/**
 * Reads the text of config.json. One without `truncation`, or `texts`, is from a time when there was but one kind, and one
 * without `task` is a classifier's.
 * @throws TunebertError, with `path`, when it is not JSON, not ours, or an entry is missing or impossible
 */
export function parseModelConfig(text: string, path: string): ModelConfig {
  const rest = ownJson(text, path);
  if (rest.task === PRETRAINING) {
    throw new TunebertError(
      (pretrained) =>
        `${path} describes a pretrained model, which has not learnt to answer yet; fine-tune it: give its folder as ${pretrained}`,
      { option: "pretrained" },
    );
  }
  const model = json.readJson(rest, path, readModel);
  const { maxLength, truncation = DEFAULT_TRUNCATION, texts, columns } = model;
  if (maxLength < 1) throw new TunebertError(`${path}: maxLength is ${maxLength}; expected at least 1`);
  return {
    config: configOf(model, path),
    ...inFile(path, () => answersOf(model)),
    maxLength,
    truncation: inFile(path, () => checkTruncation(truncation)),
    texts,
    columns,
  };
}

/** @throws TunebertError when the text is not JSON of ours */
function ownJson(text: string, path: string): { readonly task?: unknown } {
  const { format, version, ...rest } = json.parseJson(text, path, readFormat);
  if (format === FORMAT && version === VERSION) return rest;
  throw new TunebertError(
    `${path} does not describe a model of tunebert (format ${FORMAT}, version ${VERSION})`,
  );
}

/** What config.json says of a pretrained model. */
export interface PretrainingConfig {
  readonly config: BertConfig;
  readonly heads: PretrainingHeads;
  /** The longest examples that it was pretrained on. */
  readonly maxLength: number;
}

/** `task` in the config.json of a pretrained model. */
const PRETRAINING = "pretraining";

/** The text of config.json of a pretrained model. */
export function formatPretrainingConfig({ config, heads, maxLength }: PretrainingConfig): string {
  const described = { format: FORMAT, version: VERSION, ...config, task: PRETRAINING, ...heads, maxLength };
  return `${JSON.stringify(described, null, 2)}\n`;
}

/** Whether it is a pretrained model that config.json describes. @throws TunebertError as {@link parseModelConfig} */
export function isOfPretraining(text: string, path: string): boolean {
  return ownJson(text, path).task === PRETRAINING;
}

/** Reads the text of config.json of a pretrained model. @throws TunebertError as {@link parseModelConfig} */
export function parsePretrainingConfig(text: string, path: string): PretrainingConfig {
  const model = json.readJson(ownJson(text, path), path, readPretraining);
  const { tiedDecoder, nextSentence, maxLength } = model;
  return { config: configOf(model, path), heads: { tiedDecoder, nextSentence }, maxLength };
}

/** @throws TunebertError when the sizes are not possible */
function configOf(model: BertConfig, path: string): BertConfig {
  const { vocabularySize, hidden, ffn, heads, blocks, maxPositions, variant } = model;
  const sizes = { vocabularySize, hidden, ffn, heads, blocks, maxPositions };
  return inFile(path, () => checkConfig({ ...sizes, ...(variant && { variant }) }));
}

/** @throws TunebertError when labels are not possible, or the thresholds are not as many */
function answersOf({
  task,
  labels = [],
  thresholds,
}: Pick<ReturnType<typeof readModel>, "task" | "labels" | "thresholds">): Pick<
  ModelConfig,
  "answers" | "thresholds"
> {
  if (task === "regression") return { answers: "number" };
  if (task === undefined) return { answers: checkLabels(labels) };
  if (thresholds !== undefined && thresholds.length !== labels.length) {
    throw new TunebertError(
      `${thresholds.length} thresholds of ${labels.length} labels; expected one for each`,
    );
  }
  return { answers: { anyOf: checkLabels(labels, 1) }, ...(thresholds && { thresholds }) };
}

const readFormat = json.object({ format: json.anything, version: json.anything });

const readTask: json.JsonReader<"regression" | "multi-label" | undefined> = (value, place) => {
  if (value === undefined || value === "regression" || value === "multi-label") return value;
  throw json.fault(value, place, '"regression" or "multi-label"');
};

const readDelimiter: json.JsonReader<string> = (value, place) => {
  const { kind } = rowOptions.delimiter;
  if (!kind.fits(value)) throw json.fault(value, place, kind.expected);
  return value;
};

const readColumns = json.object({
  textColumn: json.optional(json.string),
  textPairColumn: json.optional(json.string),
  labelColumn: json.optional(json.string),
  header: json.optional(json.boolean),
  delimiter: json.optional(readDelimiter),
  quotes: json.optional(json.boolean),
  labelSeparator: json.optional(json.string),
  labelColumns: json.optional(json.list(json.string)),
  labelNames: json.optional(json.list(json.string)),
});

const readActivation: json.JsonReader<Activation> = (value, place) => {
  const known = ACTIVATIONS.find((name) => name === value);
  if (known === undefined) throw json.fault(value, place, ACTIVATIONS.join(", "));
  return known;
};

const readPooling: json.JsonReader<VariantPooling> = (value, place) => {
  const known = POOLINGS.find((name) => name === value);
  if (known === undefined) throw json.fault(value, place, POOLINGS.join(", "));
  return known;
};

const readRates = json.object({
  hidden: json.properFraction,
  attention: json.properFraction,
  output: json.properFraction,
});

const sizeReaders = {
  variant: json.optional(
    json.object({
      activation: readActivation,
      epsilon: json.number,
      segments: json.count,
      pooling: readPooling,
      dropoutBeforeHidden: json.optional(json.boolean),
      dropoutAfterAttention: json.optional(json.boolean),
      firstPosition: json.optional(json.count),
      dropout: json.optional(readRates),
      embedding: json.optional(json.count),
    }),
  ),
  vocabularySize: json.count,
  hidden: json.count,
  ffn: json.count,
  heads: json.count,
  blocks: json.count,
  maxPositions: json.count,
};

const readPretraining = json.object({
  ...sizeReaders,
  tiedDecoder: json.boolean,
  nextSentence: json.boolean,
  maxLength: json.count,
});

const readModel = json.object({
  ...sizeReaders,
  task: readTask,
  labels: json.optional(json.list(json.string)),
  thresholds: json.optional(json.list(json.fraction)),
  maxLength: json.count,
  truncation: json.anything,
  texts: readTexts,
  columns: json.optional(readColumns),
});
