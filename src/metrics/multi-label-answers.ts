import type { LabelProbability } from "./label-probabilities.js";
import { type MultiLabelReport, multiLabelReport } from "./multi-label.js";

/** An example whose labels are known, and what a model answered that may answer with any. */
export interface MultiLabelAnswer {
  readonly text: string;
  /** Left out where texts are single. */
  readonly textPair?: string | undefined;
  readonly trueLabels: readonly string[];
  readonly predictedLabels: readonly string[];
  /** Of every label, in the model's order; each between 0 and 1 by itself. */
  readonly probabilities: readonly LabelProbability[];
}

/** Whether all labels are answered, and no others. */
export function isExact({ trueLabels, predictedLabels }: MultiLabelAnswer): boolean {
  return (
    trueLabels.length === predictedLabels.length && wrongLabels({ trueLabels, predictedLabels }).length === 0
  );
}

/** The labels that are missed, and those that are answered wrongly. */
export function wrongLabels({
  trueLabels,
  predictedLabels,
}: Pick<MultiLabelAnswer, "trueLabels" | "predictedLabels">): readonly string[] {
  const [known, answered] = [new Set(trueLabels), new Set(predictedLabels)];
  return [
    ...trueLabels.filter((label) => !answered.has(label)),
    ...predictedLabels.filter((label) => !known.has(label)),
  ];
}

/** The examples with most wrong labels, those first; of equals the first in the data. */
export function mostWrong(answers: readonly MultiLabelAnswer[], count: number): MultiLabelAnswer[] {
  return answers
    .filter((answer) => !isExact(answer))
    .toSorted((a, b) => wrongLabels(b).length - wrongLabels(a).length)
    .slice(0, count);
}

/** How good answers are. @param labels the model's */
export function evaluateMultiLabelAnswers(
  answers: readonly MultiLabelAnswer[],
  labels: readonly string[],
): MultiLabelReport {
  const places = new Map(labels.map((label, k) => [label, k]));
  const hot = (name: "trueLabels" | "predictedLabels") => {
    const all = new Uint8Array(answers.length * labels.length); // [n, K]
    answers.forEach((answer, i) => {
      for (const label of answer[name]) all[i * labels.length + (places.get(label) ?? 0)] = 1;
    });
    return all;
  };
  return multiLabelReport(hot("trueLabels"), Float32Array.from(hot("predictedLabels")), labels);
}
