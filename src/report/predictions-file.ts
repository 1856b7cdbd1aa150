import { TunebertError } from "../error.js";
import type { AnsweredPair } from "../metrics/answered-pair.js";
import { parseProbabilities, probabilitiesJson } from "../metrics/label-probabilities.js";
import { printable } from "../text/printable.js";

/** Digits of a probability; more would say nothing of the model. */
const DIGITS = 6;

/** The bytes of predictions.jsonl: a line for each pair, in the order of the data. */
export function formatPredictions(answers: readonly AnsweredPair[]): Uint8Array {
  return Buffer.concat(
    answers.map(({ probabilities, ...answer }) => {
      const rounded = probabilities.map(({ label, probability }) => ({
        label,
        probability: Number(probability.toPrecision(DIGITS)),
      }));
      const known = JSON.stringify(answer).slice(0, -1);
      return Buffer.from(`${printable(`${known},"probabilities":${probabilitiesJson(rounded)}}`)}\n`);
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
  return lines.map((line, i) => {
    const answer = parseLine(line);
    if (answer) return answer;
    throw new TunebertError(`${path}, line ${i + 1}: not an answered pair; the file is damaged`);
  });
}

function parseLine(line: string): AnsweredPair | undefined {
  try {
    const { premise, hypothesis, trueLabel, predictedLabel, probabilities: object } = JSON.parse(line);
    const texts = [premise, hypothesis, trueLabel, predictedLabel];
    const probabilities = parseProbabilities(object);
    if (probabilities === undefined || !texts.every((text) => typeof text === "string")) return undefined;
    return { premise, hypothesis, trueLabel, predictedLabel, probabilities };
  } catch {
    return undefined;
  }
}
