import type { BertClassifier } from "../../bert/bert-classifier.js";
import type { Answers } from "../../data/answers.js";
import { multiHot } from "../../data/label-sets.js";
import type { TextDataset } from "../../data/text-dataset.js";
import { saveThresholds, saveWeights } from "../../hub/store/model-folder.js";
import { bestThresholds, sigmoid } from "../../metrics/multi-label.js";
import { givesAnyLabels } from "../../tasks/task-for.js";
import type { Listener } from "./listener.js";

/** Saves the weights of the latest epoch, or with a validation set of the best. */
export interface WeightsSaver extends Listener {
  /** Takes the logits [n, K] that the model has just given for a set. */
  answered(set: "validation" | "test", logits: Float32Array): void;
}

/**
 * @param validation by which the best epoch is chosen, and where any labels may apply, from which probability on each is
 *   answered
 */
export function weightsSaver(
  folder: string,
  model: BertClassifier<Answers>,
  validation: TextDataset | undefined,
): WeightsSaver {
  let latest: Float32Array | undefined;
  return {
    answered(set, logits) {
      if (set === "validation") latest = logits;
    },
    async handle(event) {
      if (event.event !== "epoch" || (validation && !event.best)) return;
      await saveWeights(folder, model);
      if (!validation || !latest || !givesAnyLabels(model)) return;
      const truth = multiHot(validation);
      await saveThresholds(folder, bestThresholds(truth, sigmoid(latest), model.labels.length));
    },
  };
}
