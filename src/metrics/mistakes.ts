import { tokenize } from "../text/tokenize.js";
import { type AnsweredExample, confidenceOf, isCorrect } from "./answered-example.js";

/** A wrong answer, and how many more there are like it. */
export interface Mistake {
  readonly answer: AnsweredExample;
  /** Other wrong answers of the same label to nearly the same texts of the same true label. */
  readonly alike: number;
}

/**
 * The wrong answers given with the greatest probability, that one first; among equals the first in the data. Those to
 * nearly the same texts are one.
 */
export function mostConfidentMistakes(answers: readonly AnsweredExample[], count: number): Mistake[] {
  const groups: { readonly answer: AnsweredExample; readonly words: ReadonlySet<string>; alike: number }[] =
    [];
  const wrong = answers.filter((answer) => !isCorrect(answer));
  for (const answer of wrong.sort((a, b) => confidenceOf(b) - confidenceOf(a))) {
    const words = wordsOf(answer);
    const known = groups.find((group) => isSameKind(group.answer, answer) && areNear(group.words, words));
    if (known) known.alike++;
    else if (groups.length < count) groups.push({ answer, words, alike: 0 });
  }
  return groups.map(({ answer, alike }) => ({ answer, alike }));
}

/** The part of two texts' words that they have to share to be nearly the same. */
const NEAR = 0.8;

/** Whether two sets share so much of what is in either (the index of Jaccard, 1901). */
function areNear(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (Math.min(a.size, b.size) < NEAR * Math.max(a.size, b.size)) return false;
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  return shared >= NEAR * (a.size + b.size - shared);
}

function isSameKind(a: AnsweredExample, b: AnsweredExample): boolean {
  return a.trueLabel === b.trueLabel && a.predictedLabel === b.predictedLabel;
}

/** The words of the texts without punctuation, those of the second told from those of the first. */
function wordsOf({ text, textPair = "" }: AnsweredExample): Set<string> {
  const words = (one: string) =>
    tokenize(one, "punctuation").filter((word) => /[\p{L}\p{N}\p{S}]/u.test(word));
  return new Set([...words(text), ...words(textPair).map((word) => `2 ${word}`)]);
}
