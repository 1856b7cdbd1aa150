import type { Command } from "commander";
import { skippedNote } from "../data/label-notes.js";
import { readExamples } from "../data/read-examples.js";
import { TextDataset } from "../data/text-dataset.js";
import { resolveData } from "../hub/fetch/resolve.js";
import { streamBytes } from "../hub/files/files.js";
import { loadModel } from "../hub/store/model-folder.js";
import { argmaxRows } from "../metrics/argmax-rows.js";
import { classificationReport } from "../metrics/classification-report.js";
import { type OptionValues, required } from "../option.js";
import { text } from "../option-kinds.js";
import { Predictor } from "../predict/predictor.js";
import { formatClassificationReport } from "../report/terminal/classification-report-text.js";
import { threads } from "../runtime/threads/threads.js";
import { addOptions } from "./add-options.js";
import { fetchOptions } from "./download-options.js";
import { answerOptions, labelledExampleOptions, modelOptions } from "./options.js";
import { note, print } from "./print.js";

const evaluateOptions = {
  ...modelOptions,
  data: required(text("file"), {
    help: "labelled examples: SNLI's .txt, or .tsv, .csv or .jsonl with named columns, as they are or as .gz; or snli, snli:dev",
  }),
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

async function evaluate(flags: OptionValues<typeof evaluateOptions>): Promise<void> {
  const saved = await loadModel(flags.model);
  const { labels } = saved.model;
  const file = await resolveData(flags.data, "test", fetchOptions(flags));
  const options = { ...flags, noLabel: [], fileName: file, onNotice: note };
  const examples = readExamples(streamBytes(file), options);
  const { noLabel } = flags;
  const dataset = await TextDataset.encode(examples, saved.tokenizer, { ...saved, labels, noLabel });
  if (dataset.skipped > 0) note(`${file}: ${skippedNote(dataset)}`);
  const predictor = await Predictor.start({ ...saved, device: threads(flags.threads) });
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
