import { TunebertError } from "../error.js";

/**
 * The label names of a classifier as they are.
 * @param least how many there have to be; default: two
 * @throws TunebertError when there are fewer, or one is blank or occurs twice
 */
export function checkLabels(labels: readonly string[], least: 1 | 2 = 2): readonly string[] {
  if (labels.length < least) {
    throw new TunebertError(
      `a classifier needs at least ${least === 1 ? "one label" : "two labels"}, but there are ${labels.length}`,
    );
  }
  const known = new Set<string>();
  for (const [i, label] of labels.entries()) {
    if (label.trim() === "")
      throw new TunebertError(`label ${i + 1} of ${labels.length} is blank; give it a name`);
    if (known.has(label)) {
      throw new TunebertError(
        `there are two labels ${JSON.stringify(label)}; each must have a name of its own`,
      );
    }
    known.add(label);
  }
  return labels;
}
