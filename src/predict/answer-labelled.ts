import type { AnsweredExample } from "../metrics/answered-example.js";
import { type LabelProbability, mostProbable, probabilityOf } from "../metrics/label-probabilities.js";
import type { TextExample } from "../text/text-example.js";
import type { Predictor } from "./predictor.js";

/** An example whose label is known. */
export interface LabelledExample extends Pick<TextExample, "text" | "textPair"> {
  readonly label: string;
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
    predictions.forEach(({ label: predictedLabel, probabilities }, i) => {
      const { text, textPair, label: trueLabel } = asked[i]!;
      const kept = keep(probabilities, trueLabel);
      answers.push({ text, textPair, trueLabel, predictedLabel, probabilities: kept });
    });
  }
  return answers;
}

/** All, or the most probable and the true one. */
function keep(probabilities: readonly LabelProbability[], trueLabel: string): readonly LabelProbability[] {
  if (probabilities.length <= MOST_LABELS) return probabilities;
  const most = mostProbable(probabilities, MOST_LABELS);
  if (most.some(({ label }) => label === trueLabel)) return most;
  return [...most, { label: trueLabel, probability: probabilityOf(probabilities, trueLabel) }];
}
