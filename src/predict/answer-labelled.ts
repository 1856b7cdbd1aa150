import type { AnsweredPair } from "../metrics/answered-pair.js";
import type { Predictor } from "./predictor.js";

/** Two texts and how they really relate. */
export interface LabelledPair {
  readonly premise: string;
  readonly hypothesis: string;
  readonly label: string;
}

/** Answers pairs whose labels are known, in their order. @throws TunebertError as {@link Predictor.predict} */
export async function answerLabelled(
  predictor: Predictor,
  pairs: readonly LabelledPair[],
): Promise<AnsweredPair[]> {
  const predictions = await predictor.predict(pairs);
  return pairs.map(({ premise, hypothesis, label: trueLabel }, i) => {
    const { label: predictedLabel, probabilities } = predictions[i]!;
    return { premise, hypothesis, trueLabel, predictedLabel, probabilities };
  });
}
