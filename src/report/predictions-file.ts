import { TunebertError } from "../error.js";
import type { AnsweredPair } from "../metrics/answered-pair.js";
import * as json from "../text/json-reader.js";
import { showJson } from "../text/show-json.js";

/** Digits of a probability; more would say nothing of the model. */
const DIGITS = 6;

/** The bytes of predictions.jsonl: a line for each pair, in the order of the data. */
export function formatPredictions(answers: readonly AnsweredPair[]): Uint8Array {
  return Buffer.concat(
    answers.map(({ probabilities, ...answer }) => {
      const rounded = Object.entries(probabilities).map(([label, value]) => [
        label,
        Number(value.toPrecision(DIGITS)),
      ]);
      return Buffer.from(`${JSON.stringify({ ...answer, probabilities: Object.fromEntries(rounded) })}\n`);
    }),
  );
}

/**
 * Reads the text of predictions.jsonl.
 * @throws TunebertError, with `path` and the line, when a line is not what {@link formatPredictions} writes
 */
export function parsePredictions(text: string, path: string): AnsweredPair[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, i) => json.parseJson(line, `${path}, line ${i + 1}`, readAnswer));
}

const readTexts = json.object({
  premise: json.string,
  hypothesis: json.string,
  trueLabel: json.string,
  predictedLabel: json.string,
  probabilities: json.record(json.fraction),
});

const readAnswer: json.JsonReader<AnsweredPair> = (value, place) => {
  const answer = readTexts(value, place);
  if (json.own(answer.probabilities, answer.predictedLabel) !== undefined) return answer;
  throw new TunebertError(`probabilities lack the predicted label ${showJson(answer.predictedLabel)}`);
};
