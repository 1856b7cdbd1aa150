import type { BertClassifier } from "../../bert/bert-classifier.js";
import { saveWeights } from "../../hub/model-folder.js";
import type { Listener } from "./listener.js";

/** Saves the weights after every epoch. */
export function weightsSaver(folder: string, model: BertClassifier): Listener {
  return {
    async hear({ event }) {
      if (event === "epoch") await saveWeights(folder, model);
    },
  };
}
