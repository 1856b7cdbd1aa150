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
  const numbers = names.map(numberOf);
  const fraction = numbers.findIndex((number) => number !== undefined && !Number.isInteger(number));
  if (fraction >= 0 && !numbers.includes(undefined)) {
    throw refused(
      `${where}the labels are numbers with fractions, such as ${names[fraction]}, which a classifier would take for ` +
        "names; turn them into classes, or ",
    );
  }
  if (examples > FEW_EXAMPLES && names.length * EXAMPLES_PER_LABEL > examples) {
    throw refused(
      `${where}${names.length} different labels in ${examples} examples, such as ${showJson(names[0])}: more than one ` +
        `in ${EXAMPLES_PER_LABEL} are no classes to learn; `,
    );
  }
}

function refused(why: string): TunebertError {
  return new TunebertError(
    (labelColumn, manyLabels) =>
      `${why}name the label's column as ${labelColumn} if it is another, or insist with ${manyLabels}`,
    { option: ["labelColumn", "manyLabels"] },
  );
}
