import type { Answers } from "../data/answers.js";
import { multiHot } from "../data/label-sets.js";
import type { TextDataset } from "../data/text-dataset.js";
import type { QuantizationCost } from "../hub/store/export-model.js";
import type { SavedModel } from "../hub/store/model-folder.js";
import { argmaxRows } from "../metrics/argmax-rows.js";
import { evaluateGuesses } from "../metrics/guesses.js";
import { multiLabelReport, sigmoid } from "../metrics/multi-label.js";
import { Predictor } from "../predict/predictor.js";
import type { Device } from "../runtime/engine.js";

/**
 * What weights and activations of 8 bits cost a model on labelled examples: accuracy, micro F1 or Pearson's correlation, as it is and
 * as it becomes.
 * @throws TunebertError as {@link Predictor.logits}
 * @example
 * const nli = await loadModel("nli");
 * const examples = readExamples(streamBytes("train.csv"), { fileName: "train.csv" });
 * const dev = await TextDataset.encode(examples, nli.tokenizer, { ...nli, labels: nli.model.labels });
 * const { float32, quantized } = await quantizationCost(nli, dev, threads(1));
 * console.log(Math.abs(float32 - quantized) < 0.5); // true
 */
export async function quantizationCost(
  saved: SavedModel<Answers>,
  dataset: TextDataset,
  device?: Device,
): Promise<QuantizationCost> {
  const outputs = async (quantized: boolean) => {
    const predictor = await Predictor.start({ ...saved, device, quantized });
    try {
      return await predictor.logits(dataset);
    } finally {
      await predictor.close();
    }
  };
  const { model, thresholds } = saved;
  const [before, after] = [await outputs(false), await outputs(true)];
  const { figure, of } = measureOf(dataset, model.answers, thresholds);
  return { figure, examples: dataset.size, float32: of(before), quantized: of(after) };
}

/** The figure that counts, and how it comes from what a model puts out. */
function measureOf(dataset: TextDataset, answers: Answers, thresholds: readonly number[] | undefined) {
  if (answers === "number") {
    const of = (outputs: Float32Array) => evaluateGuesses(outputs, dataset.numbers).pearson;
    return { figure: "Pearson's correlation", of };
  }
  if ("anyOf" in answers) {
    const truth = multiHot(dataset);
    const of = (logits: Float32Array) =>
      multiLabelReport(truth, sigmoid(logits), answers.anyOf, thresholds).microF1;
    return { figure: "micro F1", of };
  }
  const of = (logits: Float32Array) => {
    const answered = argmaxRows(logits, answers.length);
    return dataset.labels.filter((label, i) => label === answered[i]).length / dataset.size;
  };
  return { figure: "accuracy", of };
}
