import type { AnyOf } from "../data/answers.js";
import type { AnsweredExample } from "../metrics/answered-example.js";
import type { GuessedExample } from "../metrics/guesses.js";
import { type LabelProbability, mostProbable, probabilityOf } from "../metrics/label-probabilities.js";
import type { MultiLabelAnswer } from "../metrics/multi-label-answers.js";
import { required } from "../runtime/required.js";
import type { TextExample } from "../text/text-example.js";
import {
  type MultiLabelPrediction,
  multiLabelPrediction,
  type Prediction,
  type Predictor,
  prediction,
} from "./predictor.js";

/** An example whose label is known, which may be a number in digits, or whose labels are. */
export interface LabelledExample extends Pick<TextExample, "text" | "textPair"> {
  readonly label: string | readonly string[];
}

/** Labels whose probabilities are kept; beyond that answers would take more memory than the model. */
const MOST_LABELS = 100;
/** Probabilities that are there at a time, where not all are kept. */
const CHUNK = 2 ** 20;

/** Answers examples whose labels are known, in their order. @throws TunebertError as {@link Predictor.predict} */
export async function answerLabelled(
  predictor: Predictor,
  examples: readonly LabelledExample[],
): Promise<AnsweredExample[]> {
  const labels = predictor.labels.length;
  const chunk = labels > MOST_LABELS ? Math.ceil(CHUNK / labels) : Math.max(1, examples.length);
  const answers: AnsweredExample[] = [];
  for (let start = 0; start < examples.length; start += chunk) {
    const asked = examples.slice(start, start + chunk);
    const predictions = await predictor.predict(asked);
    predictions.forEach((answer, i) => {
      answers.push(answered(asked[i]!, answer));
    });
  }
  return answers;
}

/** The answers to examples whose logits [n, K] are known. */
export function answersOf(
  examples: readonly LabelledExample[],
  logits: Float32Array,
  labels: readonly string[],
): AnsweredExample[] {
  const width = labels.length;
  return examples.map((example, i) =>
    answered(example, prediction(logits.subarray(i * width, (i + 1) * width), labels)),
  );
}

/** The answers to examples whose logits [n, K] are known, where any labels may apply. @param thresholds (K) */
export function multiLabelAnswersOf(
  examples: readonly LabelledExample[],
  logits: Float32Array,
  labels: readonly string[],
  thresholds?: readonly number[],
): MultiLabelAnswer[] {
  const width = labels.length;
  return examples.map((example, i) => {
    const outputs = logits.subarray(i * width, (i + 1) * width);
    return multiLabelAnswer(example, multiLabelPrediction(outputs, labels, thresholds));
  });
}

/** Answers examples whose labels are known, in their order. @throws TunebertError as {@link Predictor.predict} */
export async function answerMultiLabel(
  predictor: Predictor<AnyOf>,
  examples: readonly LabelledExample[],
): Promise<MultiLabelAnswer[]> {
  const predictions = await predictor.predict(examples);
  return predictions.map((answer, i) => multiLabelAnswer(required(examples[i], "an example"), answer));
}

/** Guesses the numbers of examples, in their order. @throws TunebertError as {@link Predictor.predict} */
export async function guessNumbers(
  predictor: Predictor<"number">,
  examples: readonly LabelledExample[],
): Promise<GuessedExample[]> {
  const guesses = await predictor.predict(examples);
  return guessesOf(
    examples,
    Float32Array.from(guesses, ({ number }) => number),
  );
}

/** The guesses at examples whose numbers are known, given the outputs [n, 1] of a model to them. */
export function guessesOf(examples: readonly LabelledExample[], outputs: Float32Array): GuessedExample[] {
  return examples.map(({ text, textPair, label }, i) => ({
    ...{ text, textPair, trueNumber: Number(label), guessedNumber: required(outputs[i], "a guess") },
  }));
}

/** The examples as they come; those with a label, and not one that stands for none, are also put into `kept`. */
export async function* keepLabelled(
  examples: Iterable<TextExample> | AsyncIterable<TextExample>,
  kept: LabelledExample[],
  isNone: (label: string) => boolean,
): AsyncGenerator<TextExample> {
  for await (const example of examples) {
    const { text, textPair, label } = example;
    const isKnown = label !== undefined && !(typeof label === "string" && isNone(label));
    if (isKnown) kept.push({ text, textPair, label });
    yield example;
  }
}

function answered(
  { text, textPair, label }: LabelledExample,
  { label: predictedLabel, probabilities }: Prediction,
): AnsweredExample {
  const [trueLabel = ""] = labelList(label);
  return { text, textPair, trueLabel, predictedLabel, probabilities: keep(probabilities, trueLabel) };
}

function multiLabelAnswer(
  { text, textPair, label }: LabelledExample,
  { labels: predictedLabels, probabilities }: MultiLabelPrediction,
): MultiLabelAnswer {
  return { text, textPair, trueLabels: labelList(label), predictedLabels, probabilities };
}

function labelList(label: LabelledExample["label"]): readonly string[] {
  return typeof label === "string" ? [label] : [...new Set(label)].filter((name) => name.trim() !== "");
}

/** All, or the most probable and the true one. */
function keep(probabilities: readonly LabelProbability[], trueLabel: string): readonly LabelProbability[] {
  if (probabilities.length <= MOST_LABELS) return probabilities;
  const most = mostProbable(probabilities, MOST_LABELS);
  if (most.some(({ label }) => label === trueLabel)) return most;
  return [...most, { label: trueLabel, probability: probabilityOf(probabilities, trueLabel) }];
}
