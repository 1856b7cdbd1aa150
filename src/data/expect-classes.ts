import { TunebertError } from "../error.js";
import { showJson } from "../text/show-json.js";
import { numberOf } from "./label-order.js";

/** Datasets so small say nothing about their number of labels. */
const FEW_EXAMPLES = 50;
const EXAMPLES_PER_LABEL = 5;

/**
 * Sees to it that labels are classes, and not texts, identifiers or measurements out of another column.
 * @param examples how many examples have these labels
 * @throws TunebertError when there are more labels than one in five of many examples, or they are numbers with fractions
 */
export function expectClasses(names: readonly string[], examples: number, where: string): void {
  const fraction = firstFraction(names);
  if (fraction >= 0) {
    throw new TunebertError(
      (labelColumn, manyLabels, task) =>
        `${where}the labels are numbers with fractions, such as ${names[fraction]}, which a classifier would take for ` +
        `names; turn them into classes, learn numbers with ${task} regression, name the label's column as ` +
        `${labelColumn} if it is another, or insist with ${manyLabels}`,
      { option: ["labelColumn", "manyLabels", "task"] },
    );
  }
  expectFewLabels(names, examples, where);
}

/** @throws TunebertError when there are more labels than one in five of many examples */
export function expectFewLabels(names: readonly string[], examples: number, where: string): void {
  if (examples > FEW_EXAMPLES && names.length * EXAMPLES_PER_LABEL > examples) {
    throw refused(
      `${where}${names.length} different labels in ${examples} examples, such as ${showJson(names[0])}: more than one ` +
        `in ${EXAMPLES_PER_LABEL} are no classes to learn; `,
    );
  }
}

/** Whether labels are numbers to learn rather than names: all are numbers, some with a fraction. */
export function areMeasurements(names: readonly string[]): boolean {
  return firstFraction(names) >= 0;
}

/** The place of the first number with a fraction; -1 where there is none, or something is no number. */
function firstFraction(names: readonly string[]): number {
  const numbers = names.map(numberOf);
  if (numbers.includes(undefined)) return -1;
  return numbers.findIndex((number) => !Number.isInteger(number));
}

function refused(why: string): TunebertError {
  return new TunebertError(
    (labelColumn, manyLabels) =>
      `${why}name the label's column as ${labelColumn} if it is another, or insist with ${manyLabels}`,
    { option: ["labelColumn", "manyLabels"] },
  );
}
