import type { BertClassifier } from "../bert/bert-classifier.js";
import { type RegressionTargets, regressionHead } from "../bert/regression-head.js";
import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { evaluateGuesses } from "../metrics/guesses.js";
import { equalShares } from "./equal-shares.js";
import { type FineTuningOptions, fineTuning } from "./fine-tuning.js";
import type { StepSize, Task } from "./task.js";

/** What guesses of numbers are measured by. */
export const regressionFigures = [
  { name: "pearson", better: "higher" },
  { name: "spearman", better: "higher" },
  { name: "loss", better: "lower" },
] as const;

/**
 * Guessing a number: the mean squared error of each batch is the loss.
 * @example
 * const { config, tokenizer, state } = await loadPretrained("bert");
 * const examples = [{ text: "a calm otter", label: "0.5" }, { text: "a loud otter", label: "3.5" }];
 * const train = await TextDataset.encode(examples, tokenizer, { task: "regression" });
 * const model = BertClassifier.fromStateDict(config, "number", state, new Random(0));
 * for await (const event of new Trainer(regression(model, train), threads(), { epochs: 1 }).fit()) console.log(event);
 */
export function regression(
  model: BertClassifier<"number">,
  train: TextDataset,
  options: Partial<FineTuningOptions> = {},
): Task<TextDataset> {
  const supervision = {
    head: regressionHead(),
    figures: regressionFigures,
    settings: { task: "regression" },
    encoding: ({ numbers }: TextDataset) => numbers,
    expectTarget({ numbers }: TextDataset, example: number) {
      if (Number.isFinite(numbers[example])) return;
      throw new TunebertError(`example ${example + 1} has no number`);
    },
    targets(examples: Int32Array, { batchSize }: StepSize) {
      const shareOf = equalShares(examples, batchSize);
      return (batch: { readonly examples: Int32Array }): RegressionTargets => ({
        numbers: Float32Array.from(batch.examples, (example) => train.numbers[example]!),
        shares: Float32Array.from(batch.examples, shareOf),
      });
    },
    measure: () => ({}),
    evaluate(outputs: Float32Array, { numbers }: TextDataset) {
      const { meanSquaredError: loss, pearson, spearman } = evaluateGuesses(outputs, numbers);
      return { loss, pearson, spearman };
    },
  };
  return fineTuning(model, train, supervision, options);
}
