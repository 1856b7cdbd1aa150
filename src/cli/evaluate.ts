import type { Command } from "commander";
import { readExamples } from "../data/read-examples.js";
import { TextDataset } from "../data/text-dataset.js";
import { streamBytes } from "../hub/files.js";
import { loadModel } from "../hub/model-folder.js";
import { resolveData } from "../hub/resolve.js";
import { argmaxRows } from "../metrics/argmax-rows.js";
import { classificationReport } from "../metrics/classification-report.js";
import { formatClassificationReport } from "../predict/classification-report-text.js";
import { Predictor } from "../predict/predictor.js";
import { defaultTrainerOptions } from "../train/options.js";
import { type DownloadFlags, downloadOptions, fetchOptions } from "./download-options.js";
import { skippedNote } from "./label-notes.js";
import {
  type ColumnFlags,
  columnOptions,
  type LabelFlags,
  noLabelOption,
  positiveWholeNumber,
} from "./options.js";
import { note, print } from "./print.js";

interface EvaluateFlags extends ColumnFlags, LabelFlags, DownloadFlags {
  readonly model: string;
  readonly data: string;
  readonly json: boolean;
  readonly threads: number;
}

export function addEvaluateCommand(program: Command): void {
  const command = program
    .command("evaluate")
    .description(
      "Measure a trained model on labelled texts, or pairs of texts: accuracy, figures per label, confusion matrix.",
    )
    .requiredOption("--model <folder>", "what training wrote to --out")
    .requiredOption(
      "--data <file>",
      "labelled examples: SNLI's .txt, or .tsv, .csv or .jsonl with named columns, as they are or as .gz; or snli, snli:dev",
    )
    .option("--json", "print one JSON object", false)
    .option("--threads <n>", "threads to use", positiveWholeNumber, defaultTrainerOptions.threads)
    .action(evaluate);
  for (const option of [...columnOptions({ label: true }), noLabelOption(), ...downloadOptions()]) {
    command.addOption(option);
  }
}

async function evaluate(flags: EvaluateFlags): Promise<void> {
  const saved = await loadModel(flags.model);
  const { labels } = saved.model;
  const file = await resolveData(flags.data, "test", fetchOptions(flags));
  const options = { ...flags, noLabel: [], fileName: file, onNotice: note };
  const examples = readExamples(streamBytes(file), options);
  const { noLabel } = flags;
  const dataset = await TextDataset.encode(examples, saved.tokenizer, { ...saved, labels, noLabel });
  if (dataset.skipped > 0) note(`${file}: ${skippedNote(dataset)}`);
  const predictor = await Predictor.start({ ...saved, threads: flags.threads });
  try {
    const predicted = argmaxRows(await predictor.logits(dataset), labels.length);
    const report = classificationReport(dataset.labels, predicted, labels);
    const { size, skipped } = dataset;
    const json = () => JSON.stringify({ examples: size, skipped, ...report });
    print(flags.json ? json() : formatClassificationReport(report));
  } finally {
    await predictor.close();
  }
}
