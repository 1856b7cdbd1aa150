import { tokenize } from "../text/tokenize.js";
import { type AccuracyGroup, groupsOfEqualSize, groupsUpTo } from "./accuracy-groups.js";
import { type AnsweredExample, confidenceOf, isCorrect } from "./answered-example.js";
import { type Calibration, calibration } from "./calibration.js";
import { type ClassificationReport, classificationReport } from "./classification-report.js";
import { type Interval, wilsonInterval } from "./wilson-interval.js";

/** How good a model's answers are, looked at from several sides. */
export interface Evaluation extends ClassificationReport {
  readonly examples: number;
  /** 95 % confidence interval of the accuracy. */
  readonly accuracyInterval: Interval;
  readonly calibration: Calibration;
  /** By the words of the text, or of both texts together. */
  readonly byLength: readonly AccuracyGroup[];
  /** By the part of the second text's words that the first has, between 0 and 1; empty where texts are single. */
  readonly byOverlap: readonly AccuracyGroup[];
}

const LENGTH_GROUPS = 5;
const OVERLAP_ENDS = [0.2, 0.4, 0.6, 0.8, 1];

/**
 * @param labels the model's
 * @throws TunebertError when there are no examples, or one has a label that is not among `labels`
 */
export function evaluateAnswers(answers: readonly AnsweredExample[], labels: readonly string[]): Evaluation {
  const ids = new Map(labels.map((label, id) => [label, id]));
  const idsOf = (name: "trueLabel" | "predictedLabel") =>
    Int32Array.from(answers, (answer) => ids.get(answer[name]) ?? -1);
  const report = classificationReport(idsOf("trueLabel"), idsOf("predictedLabel"), labels);
  const correct = answers.map(isCorrect);
  const words = answers.map(({ text, textPair = "" }) => [tokenize(text), tokenize(textPair)] as const);
  const lengths = words.map(([first, second]) => first.length + second.length);
  const arePairs = answers.some(({ textPair }) => textPair !== undefined);
  const overlaps = arePairs ? words.map(([first, second]) => wordOverlap(first, second)) : [];
  return {
    examples: answers.length,
    ...report,
    accuracyInterval: wilsonInterval(correct.filter(Boolean).length, answers.length),
    calibration: calibration(answers.map(confidenceOf), correct),
    byLength: groupsOfEqualSize(lengths, correct, LENGTH_GROUPS),
    byOverlap: groupsUpTo(OVERLAP_ENDS, overlaps, correct),
  };
}

/** The part of the second text's distinct words that occur in the first; 0 where it has no words. */
function wordOverlap(first: readonly string[], second: readonly string[]): number {
  const known = new Set(first);
  const distinct = [...new Set(second)];
  return distinct.length === 0 ? 0 : distinct.filter((word) => known.has(word)).length / distinct.length;
}
