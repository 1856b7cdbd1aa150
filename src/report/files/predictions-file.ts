import { TunebertError } from "../../error.js";
import type { AnsweredExample } from "../../metrics/answered-example.js";
import { type LabelProbability, probabilitiesJson } from "../../metrics/label-probabilities.js";
import * as json from "../../text/json-reader.js";
import { printable } from "../../text/printable.js";
import { showJson } from "../../text/show-json.js";
import { parseJsonLines } from "./json-lines.js";

/** Digits of a probability; more would say nothing of the model. */
const DIGITS = 6;

/** The bytes of predictions.jsonl: a line for each example, in the order of the data. */
export function formatPredictions(answers: readonly AnsweredExample[]): Uint8Array {
  return Buffer.concat(
    answers.map(({ probabilities, ...answer }) => {
      const known = JSON.stringify(answer).slice(0, -1);
      return Buffer.from(`${printable(`${known},"probabilities":${roundedJson(probabilities)}}`)}\n`);
    }),
  );
}

/** Probabilities by label as a line has them. */
export function roundedJson(probabilities: readonly LabelProbability[]): string {
  return probabilitiesJson(
    probabilities.map(({ label, probability }) => ({
      label,
      probability: Number(probability.toPrecision(DIGITS)),
    })),
  );
}

/**
 * Reads the text of predictions.jsonl, as earlier versions wrote it too: with `premise` and `hypothesis`.
 * @throws TunebertError, with `path` and the line, when a line is not what {@link formatPredictions} writes
 */
export function parsePredictions(text: string, path: string): AnsweredExample[] {
  return parseJsonLines(text, path, readAnswer);
}

/** Reads what {@link roundedJson} wrote. */
export const readProbabilities: json.JsonReader<LabelProbability[]> = (value, place) =>
  Object.entries(json.record(json.fraction)(value, place)).map(([label, probability]) => ({
    label,
    probability,
  }));

const answered = {
  trueLabel: json.string,
  predictedLabel: json.string,
  probabilities: readProbabilities,
};

const readTexts = json.object({ text: json.string, textPair: json.optional(json.string), ...answered });

const readEarlier = json.object({ premise: json.string, hypothesis: json.string, ...answered });

const readAnswer: json.JsonReader<AnsweredExample> = (value, place) => {
  const answer = isEarlier(value) ? fromEarlier(readEarlier(value, place)) : readTexts(value, place);
  if (answer.probabilities.some(({ label }) => label === answer.predictedLabel)) return answer;
  throw new TunebertError(`probabilities lack the predicted label ${showJson(answer.predictedLabel)}`);
};

function isEarlier(value: unknown): boolean {
  return typeof value === "object" && value !== null && "premise" in value;
}

function fromEarlier({ premise, hypothesis, ...answer }: ReturnType<typeof readEarlier>): AnsweredExample {
  return { text: premise, textPair: hypothesis, ...answer };
}
