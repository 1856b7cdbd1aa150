import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import type { Kind } from "../option.js";
import { listNames } from "../text/list-names.js";

/**
 * What an example of each label counts in the loss: all the same; as much more as its label is rarer, so that every
 * label counts the same in all; or as given by the label's name, 1 where it is not.
 */
export type ClassWeights = "equal" | "balanced" | Readonly<Record<string, number>>;

/** As they are given; whether they fit the labels of the data is seen when these are known. */
export const classWeightsKind: Kind<ClassWeights> = {
  expected: "equal or balanced alone, or label=weight with a weight above 0",
  placeholder: "weights...",
  fits: (value): value is ClassWeights =>
    value === "equal" || value === "balanced" || (typeof value === "object" && value !== null),
  parse: (text, before) => {
    if ((text === "equal" || text === "balanced") && before === "equal") return text;
    const [, label, number] = /^(.+)=([^=]+)$/.exec(text) ?? [];
    const weight = Number(number);
    if (label === undefined || before === "balanced" || !(weight > 0 && Number.isFinite(weight))) {
      return undefined;
    }
    const named = typeof before === "object" ? before : {};
    if (Object.hasOwn(named, label)) throw new TunebertError(`There are two weights for ${label}.`);
    return { ...named, [label]: weight };
  },
  setting: (weights) => {
    if (typeof weights === "string") return weights;
    return Object.entries(weights)
      .map(([label, weight]) => `${label}=${weight}`)
      .sort();
  },
};

/**
 * The weight of each label.
 * @param labels names of the K labels
 * @param train whose labels are balanced, as scikit-learn's `class_weight="balanced"` does it
 * @throws TunebertError when a weight is not a positive number, or of a label that there is not
 */
export function classWeightsOf(
  classWeights: ClassWeights,
  labels: readonly string[],
  train: Pick<TextDataset, "labels">,
): number[] {
  if (classWeights === "equal") return labels.map(() => 1);
  if (classWeights === "balanced") return balancedWeights(labels.length, train.labels);
  for (const [label, weight] of Object.entries(classWeights)) {
    if (!labels.includes(label)) {
      throw new TunebertError(
        `there is a class weight for the label ${label}, but the labels are ${listNames(labels)}`,
        { option: "classWeights" },
      );
    }
    if (!(weight > 0 && Number.isFinite(weight))) {
      throw new TunebertError(`the class weight of ${label} is ${weight}; it must be a positive number`, {
        option: "classWeights",
      });
    }
  }
  return labels.map((label) => (Object.hasOwn(classWeights, label) ? classWeights[label]! : 1));
}

/** Labels that never occur need no weight and get 0. */
function balancedWeights(K: number, labels: Int32Array): number[] {
  const counts = new Array<number>(K).fill(0);
  for (const label of labels) counts[label]! += 1;
  const occurring = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 0 : labels.length / (occurring * count)));
}
