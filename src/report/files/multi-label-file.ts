import type { MultiLabelAnswer } from "../../metrics/multi-label-answers.js";
import * as json from "../../text/json-reader.js";
import { printable } from "../../text/printable.js";
import { parseJsonLines } from "./json-lines.js";
import { readProbabilities, roundedJson } from "./predictions-file.js";

/** The bytes of predictions.jsonl where answers are any labels: a line for each example, in the order of the data. */
export function formatMultiLabelAnswers(answers: readonly MultiLabelAnswer[]): Uint8Array {
  return Buffer.concat(
    answers.map(({ probabilities, ...answer }) => {
      const known = JSON.stringify(answer).slice(0, -1);
      return Buffer.from(`${printable(`${known},"probabilities":${roundedJson(probabilities)}}`)}\n`);
    }),
  );
}

/** @throws TunebertError, with `path` and the line, when a line is not what {@link formatMultiLabelAnswers} writes */
export function parseMultiLabelAnswers(text: string, path: string): MultiLabelAnswer[] {
  return parseJsonLines(text, path, readAnswer);
}

const readAnswer = json.object<MultiLabelAnswer>({
  text: json.string,
  textPair: json.optional(json.string),
  trueLabels: json.list(json.string),
  predictedLabels: json.list(json.string),
  probabilities: readProbabilities,
});
