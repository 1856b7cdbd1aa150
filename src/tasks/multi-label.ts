import type { BertClassifier } from "../bert/bert-classifier.js";
import { binaryTargets, multiLabelHead } from "../bert/multi-label-head.js";
import type { AnyOf } from "../data/answers.js";
import { multiHot } from "../data/label-sets.js";
import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { meanBinaryCrossEntropy, multiLabelReport, sigmoid } from "../metrics/multi-label.js";
import { equalShares } from "./equal-shares.js";
import { type FineTuningOptions, fineTuning } from "./fine-tuning.js";
import type { StepSize, Task } from "./task.js";

/** What a model is measured by that answers with any of its labels. */
export const multiLabelFigures = [
  { name: "microF1", better: "higher" },
  { name: "macroF1", better: "higher" },
  { name: "exactMatch", better: "higher" },
  { name: "loss", better: "lower" },
] as const;

/**
 * Telling which of the labels an example has, several or none: the mean binary cross-entropy of each batch, over its examples
 * and the labels, is the loss. While it trains a label counts as answered from a probability of one half on.
 * @example
 * const { config, tokenizer, state } = await loadPretrained("bert");
 * const examples = [{ text: "a calm otter", label: ["calm"] }, { text: "a loud calm crow", label: ["calm", "loud"] }];
 * const train = await TextDataset.encode(examples, tokenizer, { task: "multi-label" });
 * const model = BertClassifier.fromStateDict(config, { anyOf: train.labelNames }, state, new Random(0));
 * for await (const event of new Trainer(multiLabel(model, train), threads(), { epochs: 1 }).fit()) console.log(event);
 */
export function multiLabel(
  model: BertClassifier<AnyOf>,
  train: TextDataset,
  options: Partial<FineTuningOptions> = {},
): Task<TextDataset> {
  const { labels } = model;
  const setOf = (example: number) => train.labelSets[train.labels[example] ?? -1] ?? [];
  const supervision = {
    head: multiLabelHead(labels.length),
    figures: multiLabelFigures,
    settings: { task: "multi-label", labels },
    encoding: (examples: TextDataset) => membership(examples),
    expectTarget({ labels: places, labelSets }: TextDataset, example: number) {
      const set = labelSets[places[example] ?? -1];
      if (set?.every((label) => label >= 0 && label < labels.length)) return;
      throw new TunebertError(`example ${example + 1} has no labels, or others than the model`);
    },
    targets(examples: Int32Array, { batchSize }: StepSize) {
      const shareOf = equalShares(examples, batchSize);
      return (batch: { readonly examples: Int32Array }) =>
        binaryTargets(
          Array.from(batch.examples, setOf),
          Float32Array.from(batch.examples, shareOf),
          labels.length,
        );
    },
    measure: () => ({}),
    evaluate(logits: Float32Array, examples: TextDataset) {
      const truth = multiHot(examples);
      const { microF1, macroF1, exactMatch } = multiLabelReport(truth, sigmoid(logits), labels);
      return { loss: meanBinaryCrossEntropy(logits, truth), microF1, macroF1, exactMatch };
    },
  };
  return fineTuning(model, train, supervision, options);
}

/** The sets of all examples, one after another: how many labels, and which. */
function membership({ labels, labelSets }: TextDataset): Int32Array {
  return Int32Array.from(
    Array.from(labels, (place) => labelSets[place] ?? []).flatMap((set) => [set.length, ...set]),
  );
}
