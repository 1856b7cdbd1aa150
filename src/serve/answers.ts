import { type Answers, labelsOf } from "../data/answers.js";
import { sigmoid } from "../metrics/multi-label.js";
import { softmax } from "../metrics/softmax.js";
import { multiLabelPrediction, prediction } from "../predict/predictor.js";

/** What tunebert answers: a label, labels or a number, and the probabilities by label. */
export type ServedAnswer =
  | { readonly label: string; readonly probabilities: Readonly<Record<string, number>> }
  | { readonly labels: readonly string[]; readonly probabilities: Readonly<Record<string, number>> }
  | { readonly number: number };

/** What a model says of an example, given its logits [K]. */
export function servedAnswer(
  logits: Float32Array,
  answers: Answers,
  thresholds: readonly number[] | undefined,
): ServedAnswer {
  if (answers === "number") return { number: rounded(logits[0]!) };
  const { probabilities, ...said } =
    "anyOf" in answers
      ? multiLabelPrediction(logits, answers.anyOf, thresholds)
      : prediction(logits, answers);
  const byLabel = probabilities.map(({ label, probability }) => [label, rounded(probability)]);
  return { ...said, probabilities: Object.fromEntries(byLabel) };
}

/** A label and its score, as text-embeddings-inference answers. */
export interface TeiScore {
  readonly score: number;
  readonly label: string;
}

/** Every label and its probability, or its logit, the highest first. */
export function teiScores(logits: Float32Array, answers: Answers, rawScores: boolean): TeiScore[] {
  const labels = answers === "number" ? ["LABEL_0"] : labelsOf(answers);
  const isRaw = rawScores || answers === "number";
  const scores = isRaw ? logits : "anyOf" in answers ? sigmoid(logits) : softmax(logits);
  return labels.map((label, k) => ({ score: rounded(scores[k]!), label })).sort((a, b) => b.score - a.score);
}

/** As many digits as single precision has. */
function rounded(number: number): number {
  return Number(number.toPrecision(7));
}
