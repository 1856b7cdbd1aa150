import type { BertClassifier } from "../bert/bert-classifier.js";
import { classificationHead, lossShares, lossTargets } from "../bert/classification-head.js";
import type { MicroBatch } from "../data/micro-batches.js";
import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { argmaxRows } from "../metrics/argmax-rows.js";
import { classificationReport } from "../metrics/classification-report.js";
import { meanCrossEntropy } from "../metrics/cross-entropy.js";
import { checkOptions, type OptionValues, option, settingsOf } from "../option.js";
import { fraction } from "../option-kinds.js";
import { listNames } from "../text/list-names.js";
import { classWeightsKind, classWeightsOf } from "./class-weights.js";
import { fineTuning, fineTuningOptions, type Supervision } from "./fine-tuning.js";
import type { StepSize, Task } from "./task.js";

export const classificationOptions = {
  ...fineTuningOptions,
  /** what an example of each label counts in the loss; default: equal */
  classWeights: option(classWeightsKind, {
    default: "equal",
    help: "what examples count by their label: equal, balanced, or some of label=weight",
    inFingerprint: true,
  }),
  /** the part of every target that is spread evenly over all labels; default 0 */
  labelSmoothing: option(fraction, {
    default: 0,
    help: "part of each target to spread",
    inFingerprint: true,
  }),
};

/** What a classifier is measured by. */
export const classificationFigures = [
  { name: "accuracy", better: "higher" },
  { name: "loss", better: "lower" },
  { name: "macroF1", better: "higher" },
  { name: "matthews", better: "higher" },
] as const;

/**
 * How a classifier learns.
 * @interface
 */
export type ClassificationOptions = OptionValues<typeof classificationOptions>;

/**
 * Telling labels apart: the mean cross-entropy of each batch is the loss.
 * @throws TunebertError when there is a class weight for a label that there is not, or more blocks are to be frozen than
 *   there are
 * @example
 * const { model, tokenizer } = await loadModel("nli");
 * const examples = readExamples(streamBytes("train.csv"), { fileName: "train.csv" });
 * const train = await TextDataset.encode(examples, tokenizer, { labels: model.labels });
 * const trainer = new Trainer(classification(model, train, { labelSmoothing: 0.1 }), threads(), { epochs: 1 });
 * for await (const event of trainer.fit()) if (event.event === "epoch") console.log(event.train.accuracy);
 */
export function classification(
  model: BertClassifier,
  train: TextDataset,
  options: Partial<ClassificationOptions> = {},
): Task<TextDataset> {
  return fineTuning(model, train, classifying(model, train, options), options);
}

/** A classifier's supervision, and its targets where some of the examples have no label. */
export interface Classifying extends Supervision<Float32Array> {
  /**
   * The targets of a step's micro-batches, each example's cross-entropy being multiplied; one without a label counts, but its
   * cross-entropy is 0.
   */
  targetsOf(examples: Int32Array, step: StepSize, factor: number): (batch: MicroBatch) => Float32Array;
}

/** What is particular about telling labels apart. @throws TunebertError as {@link classification} */
export function classifying(
  model: BertClassifier,
  train: TextDataset,
  options: Partial<ClassificationOptions>,
): Classifying {
  const given = checkOptions(classificationOptions, options);
  const { classWeights, labelSmoothing } = given;
  const { labels } = model;
  const loss = { classWeights: classWeightsOf(classWeights, labels, train), labelSmoothing };
  const labelsOf = (examples: Int32Array) => examples.map((example) => train.labels[example]!);
  const targetsOf: Classifying["targetsOf"] = (examples, { batchSize }, factor) => {
    const shares = lossShares(labelsOf(examples), batchSize, loss);
    const shareOf = new Map(Array.from(examples, (example, i) => [example, factor * shares[i]!]));
    return (batch) =>
      lossTargets(
        batch.labels,
        Float64Array.from(batch.examples, (example) => shareOf.get(example)!),
        loss,
      );
  };
  return {
    head: classificationHead(labels.length),
    figures: classificationFigures,
    settings: { labels, ...settingsOf(classificationOptions, given) },
    encoding: (examples: TextDataset) => examples.labels,
    expectTarget(examples: TextDataset, example: number) {
      const label = examples.labels[example]!;
      if (label >= 0 && label < labels.length) return;
      throw new TunebertError(`example ${example + 1} has no label among ${listNames(labels)}`);
    },
    targets: (examples, step) => targetsOf(examples, step, 1),
    targetsOf,
    measure: (logits: Float32Array, examples: Int32Array) => ({
      accuracy: countEqual(argmaxRows(logits, labels.length), labelsOf(examples)),
    }),
    evaluate(logits: Float32Array, examples: TextDataset) {
      const answers = argmaxRows(logits, labels.length);
      const { accuracy, macroF1, matthews } = classificationReport(examples.labels, answers, labels);
      return { loss: meanCrossEntropy(logits, examples.labels), accuracy, macroF1, matthews };
    },
  };
}

function countEqual(answers: Int32Array, labels: Int32Array): number {
  return answers.reduce((equal, answer, i) => equal + Number(answer === labels[i]), 0);
}
