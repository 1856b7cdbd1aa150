import { join } from "node:path";
import type { Command } from "commander";
import { EXPORT_FORMATS, exportModel, type QuantizationCost } from "../hub/store/export-model.js";
import { loadModel } from "../hub/store/model-folder.js";
import { type OptionValues, option, required, reworded } from "../option.js";
import { choice, text, yesNo } from "../option-kinds.js";
import { quantizationCost } from "../run/quantization-cost.js";
import { threads } from "../runtime/threads/threads.js";
import { addOptions } from "./add-options.js";
import { addHelpBelow } from "./help-text.js";
import { LABELLED_FILES, labelledData } from "./labelled-data.js";
import { answerOptions, labelledExampleOptions, modelOptions } from "./options.js";
import { note, print } from "./print.js";

const exportOptions = {
  ...modelOptions,
  format: required(choice(EXPORT_FORMATS, "where"), {
    help: "for Python's transformers; for Transformers.js and ONNX Runtime, any model; or for the book's code, the book's BERT",
  }),
  out: required(text("folder"), { help: "where the files go" }),
  overwrite: option(yesNo, { default: false, help: "replace files that are there" }),
  data: option(text("file"), { help: `measures what 8 bits cost, with --format onnx: ${LABELLED_FILES}` }),
  threads: reworded(answerOptions.threads, "threads to use with --data"),
  ...labelledExampleOptions,
};

export function addExportCommand(program: Command): void {
  const command = program
    .command("export")
    .description(
      "Write a trained model as others serve it: Python's transformers, Transformers.js, ONNX Runtime.",
    )
    .action(runExport);
  addHelpBelow(
    command,
    [
      "ONNX comes twice: in float32, and as model_quantized.onnx, whose linear layers multiply bytes, two to three times as fast and a " +
        "quarter of the size. With --data the card tells what that costs, and Transformers.js is told to take it where that is at most " +
        "half a point; otherwise it is told to take float32.",
    ],
    [
      "tunebert export --model nli --format onnx --data dev.tsv --out served",
      "tunebert export --model reviews --format transformers --out for-python",
    ],
  );
  addOptions(command, exportOptions);
}

async function runExport(flags: OptionValues<typeof exportOptions>, command: Command): Promise<void> {
  const { model: folder, format, out, overwrite, data } = flags;
  if (data !== undefined && format !== "onnx") command.error("error: --data is for --format onnx");
  const cost = data === undefined ? undefined : await measureCost({ ...flags, data });
  const files = await exportModel(folder, { format, out, overwrite, cost });
  print(files.map((file) => join(out, file)));
}

async function measureCost(
  flags: OptionValues<typeof exportOptions> & { readonly data: string },
): Promise<QuantizationCost> {
  const saved = await loadModel(flags.model, { task: "any" });
  const dataset = await labelledData(saved, flags);
  const cost = await quantizationCost(saved, dataset, threads(flags.threads));
  const { figure, float32, quantized, examples } = cost;
  note(`${figure} on ${examples} examples: ${float32.toFixed(4)}, with 8 bits ${quantized.toFixed(4)}`);
  return cost;
}
