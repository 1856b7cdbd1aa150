import type { Command } from "commander";
import type { Answers } from "../data/answers.js";
import { multiHot } from "../data/label-sets.js";
import type { TextDataset } from "../data/text-dataset.js";
import { loadModel, type SavedModel } from "../hub/store/model-folder.js";
import { argmaxRows } from "../metrics/argmax-rows.js";
import { classificationReport } from "../metrics/classification-report.js";
import { evaluateGuesses } from "../metrics/guesses.js";
import { multiLabelReport, sigmoid } from "../metrics/multi-label.js";
import { type OptionValues, required } from "../option.js";
import { text } from "../option-kinds.js";
import { Predictor } from "../predict/predictor.js";
import { formatClassificationReport } from "../report/terminal/classification-report-text.js";
import { formatGuessEvaluation } from "../report/terminal/guess-evaluation-text.js";
import { formatMultiLabelReport } from "../report/terminal/multi-label-text.js";
import { addOptions } from "./add-options.js";
import { LABELLED_FILES, labelledData } from "./labelled-data.js";
import { answerOptions, labelledExampleOptions, modelOptions } from "./options.js";
import { print } from "./print.js";
import { sharedDevice } from "./shared-device.js";

const evaluateOptions = {
  ...modelOptions,
  data: required(text("file"), { help: LABELLED_FILES }),
  ...answerOptions,
  ...labelledExampleOptions,
};

export function addEvaluateCommand(program: Command): void {
  const command = program
    .command("evaluate")
    .description(
      "Measure a trained model on labelled texts, or pairs of texts: accuracy, figures per label, confusion matrix.",
    )
    .action(evaluate);
  addOptions(command, evaluateOptions);
}

async function evaluate(flags: OptionValues<typeof evaluateOptions>, command: Command): Promise<void> {
  const { device, prints } = await sharedDevice(flags, command);
  const saved = await loadModel(flags.model, { task: "any" });
  const dataset = await labelledData(saved, flags, prints);
  const predictor = await Predictor.start({
    ...saved,
    quantized: flags.quantized,
    device,
  });
  try {
    const outputs = await predictor.logits(dataset);
    if (prints) print(measure(dataset, outputs, saved, flags));
  } finally {
    await predictor.close();
  }
}

type Format = Pick<OptionValues<typeof answerOptions>, "json">;

function measure(
  dataset: TextDataset,
  outputs: Float32Array,
  { model: { answers }, thresholds }: SavedModel<Answers>,
  format: Format,
): string | readonly string[] {
  if (answers === "number") return guesses(dataset, outputs, format);
  if ("anyOf" in answers) return anyLabels(dataset, outputs, thresholds, format);
  return labels(dataset, outputs, answers, format);
}

/** How good answers of any labels are. */
function anyLabels(
  dataset: TextDataset,
  logits: Float32Array,
  thresholds: readonly number[] | undefined,
  { json }: Format,
): string | readonly string[] {
  const { labelNames, skipped } = dataset;
  const { examples, ...report } = multiLabelReport(
    multiHot(dataset),
    sigmoid(logits),
    labelNames,
    thresholds,
  );
  return json
    ? JSON.stringify({ examples, skipped, ...report })
    : formatMultiLabelReport({ examples, ...report });
}

/** How good labels are. */
function labels(
  { labels: truth, size, skipped }: TextDataset,
  logits: Float32Array,
  names: readonly string[],
  { json }: Format,
): string | readonly string[] {
  const report = classificationReport(truth, argmaxRows(logits, names.length), names);
  return json
    ? JSON.stringify({ examples: size, skipped, ...report })
    : formatClassificationReport(report, process.stdout.columns);
}

/** How near numbers come. */
function guesses({ numbers, skipped }: TextDataset, outputs: Float32Array, { json }: Format): string {
  const { examples, ...figures } = evaluateGuesses(outputs, numbers);
  return json
    ? JSON.stringify({ examples, skipped, ...figures })
    : formatGuessEvaluation({ examples, ...figures });
}
