import type { BertClassifier } from "../bert/bert-classifier.js";
import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { listNames } from "../text/list-names.js";

/** @throws TunebertError when a dataset is empty, or holds an example that the model cannot be asked or taught */
export function expectFit(dataset: TextDataset, model: BertClassifier): void {
  const { vocabularySize, maxPositions } = model.config;
  if (dataset.size === 0) throw new TunebertError("the dataset has no examples");
  for (let i = 0; i < dataset.size; i++) {
    if (dataset.length(i) > maxPositions) {
      throw new TunebertError(
        (maxLength) =>
          `example ${i + 1} has ${dataset.length(i)} tokens, but the model has positions for ${maxPositions}; ` +
          `set ${maxLength} to ${maxPositions} or less`,
        { option: "maxLength" },
      );
    }
    if (!(dataset.labels[i]! >= 0 && dataset.labels[i]! < model.labels.length)) {
      throw new TunebertError(`example ${i + 1} has no label among ${listNames(model.labels)}`);
    }
  }
  const largest = dataset.tokenIds.reduce((max, id) => Math.max(max, id), 0);
  if (largest >= vocabularySize) {
    throw new TunebertError(
      `token id ${largest} is beyond the token embedding, which has ${vocabularySize} rows; ` +
        "the vocabulary and the weights do not belong together",
    );
  }
}
