import { TunebertError } from "../error.js";

/**
 * The label names of a classifier as they are.
 * @throws TunebertError when there are fewer than two, or one is blank or occurs twice
 */
export function checkLabels(labels: readonly string[]): readonly string[] {
  if (labels.length < 2) {
    throw new TunebertError(`a classifier needs at least two labels, but there are ${labels.length}`);
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
