import { numberOf } from "./label-order.js";

/** What stands for no label, where nothing else is said: SNLI and its kin mark so what annotators disagreed on. */
export const NO_LABEL: readonly string[] = ["-"];

/**
 * Whether a pair so labelled has no label. Blank text always stands for none; beside it what is named, or else `-`, and
 * -1 beside labels that are 0 … K−1 with K ≥ 3.
 * @param labels the labels that there are; what is one of them stands for itself, unless it is named
 * @param named the values that stand for no label
 */
export function isNoLabel(label: string, labels: readonly string[], named?: readonly string[]): boolean {
  if (label.trim() === "") return true;
  if (named !== undefined) return named.includes(label);
  if (labels.includes(label)) return false;
  return NO_LABEL.includes(label) || (isMinusOne(label) && areClassNumbers(labels));
}

/** Whether a label is -1, however it is written. */
export function isMinusOne(label: string): boolean {
  return numberOf(label) === -1;
}

/** Whether labels are the numbers 0 … K−1 with K ≥ 3, beside which -1 means none. (-1, 0 and 1 are three classes.) */
export function areClassNumbers(labels: readonly string[]): boolean {
  const numbers = new Set(labels.map(numberOf));
  return labels.length >= 3 && labels.every((_, number) => numbers.has(number));
}
