import type { TextPair } from "../data/text-pair.js";
import type { AnsweredPair } from "../metrics/answered-pair.js";
import { type LabelProbability, mostProbable, probabilityOf } from "../metrics/label-probabilities.js";
import { type Prediction, type Predictor, prediction } from "./predictor.js";

/** Two texts and how they really relate. */
export interface LabelledPair {
  readonly premise: string;
  readonly hypothesis: string;
  readonly label: string;
}

/** Labels whose probabilities are kept; beyond that answers would take more memory than the model. */
const MOST_LABELS = 100;
/** Probabilities that are there at a time, where not all are kept. */
const CHUNK = 2 ** 20;

/** Answers pairs whose labels are known, in their order. @throws TunebertError as {@link Predictor.predict} */
export async function answerLabelled(
  predictor: Predictor,
  pairs: readonly LabelledPair[],
): Promise<AnsweredPair[]> {
  const labels = predictor.labels.length;
  const chunk = labels > MOST_LABELS ? Math.ceil(CHUNK / labels) : Math.max(1, pairs.length);
  const answers: AnsweredPair[] = [];
  for (let start = 0; start < pairs.length; start += chunk) {
    const asked = pairs.slice(start, start + chunk);
    const predictions = await predictor.predict(asked);
    predictions.forEach((answer, i) => {
      answers.push(answered(asked[i]!, answer));
    });
  }
  return answers;
}

/** The answers to pairs whose logits [n, K] are known. */
export function answersOf(
  pairs: readonly LabelledPair[],
  logits: Float32Array,
  labels: readonly string[],
): AnsweredPair[] {
  const width = labels.length;
  return pairs.map((pair, i) =>
    answered(pair, prediction(logits.subarray(i * width, (i + 1) * width), labels)),
  );
}

/** The pairs as they come; those with a label, and not one that stands for none, are also put into `kept`. */
export async function* keepLabelled(
  pairs: AsyncIterable<TextPair>,
  kept: LabelledPair[],
  isNone: (label: string) => boolean,
): AsyncGenerator<TextPair> {
  for await (const pair of pairs) {
    const { premise, hypothesis, label } = pair;
    if (label !== undefined && !isNone(label)) kept.push({ premise, hypothesis, label });
    yield pair;
  }
}

function answered(pair: LabelledPair, { label: predictedLabel, probabilities }: Prediction): AnsweredPair {
  const { premise, hypothesis, label: trueLabel } = pair;
  return { premise, hypothesis, trueLabel, predictedLabel, probabilities: keep(probabilities, trueLabel) };
}

/** All, or the most probable and the true one. */
function keep(probabilities: readonly LabelProbability[], trueLabel: string): readonly LabelProbability[] {
  if (probabilities.length <= MOST_LABELS) return probabilities;
  const most = mostProbable(probabilities, MOST_LABELS);
  if (most.some(({ label }) => label === trueLabel)) return most;
  return [...most, { label: trueLabel, probability: probabilityOf(probabilities, trueLabel) }];
}
