import { type AnsweredPair, isCorrect } from "./answered-pair.js";
import { exactMcNemar } from "./mcnemar.js";

/** How two models' answers to the same pairs differ. */
export interface AnswerComparison {
  readonly pairs: number;
  readonly onlyFirstRight: number;
  readonly onlySecondRight: number;
  /** The second's accuracy less the first's. */
  readonly difference: number;
  /** Of McNemar's exact test. */
  readonly pValue: number;
}

/** @param second answers to the same pairs in the same order */
export function compareAnswers(
  first: readonly AnsweredPair[],
  second: readonly AnsweredPair[],
): AnswerComparison {
  const differing = first.filter((answer, i) => isCorrect(answer) !== isCorrect(second[i]!));
  const onlyFirstRight = differing.filter(isCorrect).length;
  const onlySecondRight = differing.length - onlyFirstRight;
  return {
    pairs: first.length,
    onlyFirstRight,
    onlySecondRight,
    difference: (onlySecondRight - onlyFirstRight) / first.length,
    pValue: exactMcNemar(onlyFirstRight, onlySecondRight),
  };
}

/** The first place where the pairs or their true labels are not the same; `undefined` where all are. */
export function firstOtherPair(
  first: readonly AnsweredPair[],
  second: readonly AnsweredPair[],
): number | undefined {
  const length = Math.max(first.length, second.length);
  for (let i = 0; i < length; i++) {
    const [a, b] = [first[i], second[i]];
    const same =
      a?.premise === b?.premise && a?.hypothesis === b?.hypothesis && a?.trueLabel === b?.trueLabel;
    if (!same) return i;
  }
  return undefined;
}
