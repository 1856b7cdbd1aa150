import type { BertClassifier } from "../../bert/bert-classifier.js";
import type { Answers } from "../../data/answers.js";
import { saveWeights } from "../../hub/store/model-folder.js";
import type { Listener } from "./listener.js";

/** Saves the weights of the latest epoch, or of the best. */
export function weightsSaver(
  folder: string,
  model: BertClassifier<Answers>,
  { which }: { readonly which: "latest" | "best" },
): Listener {
  return {
    async handle(event) {
      if (event.event === "epoch" && (which === "latest" || event.best)) await saveWeights(folder, model);
    },
  };
}
