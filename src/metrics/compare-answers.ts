import { type AnsweredExample, isCorrect } from "./answered-example.js";
import type { GuessedExample } from "./guesses.js";
import { exactMcNemar } from "./mcnemar.js";
import { isExact, type MultiLabelAnswer } from "./multi-label-answers.js";

/** How two models' answers to the same examples differ. */
export interface AnswerComparison {
  readonly pairs: number;
  readonly onlyFirstRight: number;
  readonly onlySecondRight: number;
  /** The second's accuracy, or share of exact matches, less the first's. */
  readonly difference: number;
  /** Of McNemar's exact test. */
  readonly pValue: number;
}

/** @param second answers to the same examples in the same order */
export function compareAnswers(
  first: readonly AnsweredExample[],
  second: readonly AnsweredExample[],
): AnswerComparison {
  return compareRight(first, second, isCorrect);
}

/** Whether all labels are right counts. @param second answers to the same examples in the same order */
export function compareMultiLabelAnswers(
  first: readonly MultiLabelAnswer[],
  second: readonly MultiLabelAnswer[],
): AnswerComparison {
  return compareRight(first, second, isExact);
}

function compareRight<Answer>(
  first: readonly Answer[],
  second: readonly Answer[],
  isRight: (answer: Answer) => boolean,
): AnswerComparison {
  const differing = first.filter((answer, i) => isRight(answer) !== isRight(second[i]!));
  const onlyFirstRight = differing.filter(isRight).length;
  const onlySecondRight = differing.length - onlyFirstRight;
  return {
    pairs: first.length,
    onlyFirstRight,
    onlySecondRight,
    difference: (onlySecondRight - onlyFirstRight) / first.length,
    pValue: exactMcNemar(onlyFirstRight, onlySecondRight),
  };
}

/** An example with what is right for it. */
type KnownExample = Pick<AnsweredExample, "text" | "textPair"> &
  (
    | Pick<AnsweredExample, "trueLabel">
    | Pick<MultiLabelAnswer, "trueLabels">
    | Pick<GuessedExample, "trueNumber">
  );

/** The first place where the examples or what is right for them are not the same; `undefined` where all are. */
export function firstOtherExample(
  first: readonly KnownExample[],
  second: readonly KnownExample[],
): number | undefined {
  const length = Math.max(first.length, second.length);
  for (let i = 0; i < length; i++) {
    const [a, b] = [first[i], second[i]];
    const same = a?.text === b?.text && a?.textPair === b?.textPair && truthOf(a) === truthOf(b);
    if (!same) return i;
  }
  return undefined;
}

function truthOf(example: KnownExample | undefined): string | number | undefined {
  if (example === undefined) return undefined;
  if ("trueLabels" in example) return JSON.stringify([...example.trueLabels].sort());
  return "trueLabel" in example ? example.trueLabel : example.trueNumber;
}
