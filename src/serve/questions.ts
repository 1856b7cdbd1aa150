import { TunebertError } from "../error.js";
import * as json from "../text/json-reader.js";
import type { Texts } from "../text/text-example.js";

/** An example as it is asked about over HTTP. */
export interface ServedQuestion {
  readonly text: string;
  readonly textPair?: string | undefined;
}

/** What a request asks, and the form in which it wants to be answered. */
export interface Asked {
  readonly questions: readonly ServedQuestion[];
  /** Whether they were a list, so that the answers are one. */
  readonly isList: boolean;
  /** How text-embeddings-inference would answer; left out where the request is of tunebert's own form. */
  readonly tei?: TeiOptions | undefined;
}

/** What text-embeddings-inference's `/predict` takes beside its inputs. */
export interface TeiOptions {
  /** Logits instead of probabilities. */
  readonly rawScores: boolean;
  /** Whether longer texts are truncated or refused. */
  readonly truncate: boolean;
}

/** What a question may be. */
export interface QuestionLimits {
  /** How many texts the model answers at a time. */
  readonly texts: Texts;
  readonly maxExamples: number;
  readonly maxCharacters: number;
}

/** The error that what a request asks is not understood. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
}

/** The error that a request has more, or longer, than it may. */
export class TooLarge extends Error {
  override readonly name = "TooLarge";
}

/**
 * What the body of a request asks: `{ text, textPair }` or a list of them, or as text-embeddings-inference has it `{ inputs }`.
 * @throws BadRequest that says what is wrong with it, and where
 * @throws TooLarge where it is too much
 */
export function readQuestions(body: string, limits: QuestionLimits): Asked {
  try {
    return json.parseJson(body, "the body", (value, place) => readBody(value, place, limits));
  } catch (error) {
    throw error instanceof TunebertError ? new BadRequest(error.message, { cause: error }) : error;
  }
}

function readBody(value: unknown, place: string, limits: QuestionLimits): Asked {
  if (isObject(value) && "inputs" in value) return readTei(value, limits);
  if (!isObject(value) && !Array.isArray(value)) {
    throw json.fault(value, place, 'an object such as { "text": "…" }, or a list of them');
  }
  const isList = Array.isArray(value);
  const all = isList ? value : [value];
  expectCount(all.length, limits);
  const questions = all.map((one, i) => readQuestion(one, isList ? `[${i}]` : "", limits));
  return { questions, isList };
}

function readQuestion(value: unknown, place: string, limits: QuestionLimits): ServedQuestion {
  const { text, textPair } = readTexts(value, place);
  const within = (name: string) => (place === "" ? name : `${place}.${name}`);
  if (limits.texts === 2 && textPair === undefined) {
    throw json.fault(textPair, within("textPair"), "text, since the model answers two texts at a time");
  }
  if (limits.texts === 1 && textPair !== undefined) {
    throw json.fault(textPair, within("textPair"), "nothing, since the model answers one text at a time");
  }
  expectLength(text, within("text"), limits);
  if (textPair !== undefined) expectLength(textPair, within("textPair"), limits);
  return { text, textPair };
}

const readTexts = json.object<{ text: string; textPair: string | undefined }>({
  text: json.string,
  textPair: json.optional(json.string),
});

/**
 * Text, or lists of one or two, or a list of texts: of two texts that is a pair where the model answers pairs, else a batch.
 */
function readTei(value: object, limits: QuestionLimits): Asked {
  const { inputs, raw_scores = false, truncate = false } = readTeiBody(value, "");
  const tei = { rawScores: raw_scores ?? false, truncate: truncate ?? false };
  const question = (texts: unknown, place: string): ServedQuestion => {
    const list = typeof texts === "string" ? [texts] : json.list(json.string)(texts, place);
    if (list.length !== limits.texts) {
      throw json.fault(texts, place, limits.texts === 1 ? "one text" : "a list of two texts");
    }
    list.forEach((text, i) => {
      expectLength(text, typeof texts === "string" ? place : `${place}[${i}]`, limits);
    });
    const [text = "", textPair] = list;
    return { text, textPair };
  };
  if (!Array.isArray(inputs)) {
    return { questions: [question(inputs, "inputs")], isList: false, tei };
  }
  const isPair = limits.texts === 2 && inputs.length === 2 && inputs.every((one) => typeof one === "string");
  if (isPair) return { questions: [question(inputs, "inputs")], isList: false, tei };
  expectCount(inputs.length, limits);
  return { questions: inputs.map((one, i) => question(one, `inputs[${i}]`)), isList: true, tei };
}

const readTeiBody = json.object<{
  inputs: unknown;
  raw_scores: boolean | null | undefined;
  truncate: boolean | null | undefined;
}>({
  inputs: json.anything,
  raw_scores: json.optional(json.nullable(json.boolean)),
  truncate: json.optional(json.nullable(json.boolean)),
});

function expectCount(count: number, { maxExamples }: QuestionLimits): void {
  if (count === 0) throw new TunebertError("the list is empty; ask at least one question");
  if (count > maxExamples)
    throw new TooLarge(`the body has ${count} examples; at most ${maxExamples} are answered at a time`);
}

function expectLength(text: string, place: string, { maxCharacters }: QuestionLimits): void {
  if (text.length <= maxCharacters) return;
  throw new TooLarge(`the body: ${place} has ${text.length} characters; at most ${maxCharacters} are read`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
