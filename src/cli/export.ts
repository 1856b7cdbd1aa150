import { join } from "node:path";
import type { Command } from "commander";
import { EXPORT_FORMATS, exportModel } from "../hub/store/export-model.js";
import { type OptionValues, option, required } from "../option.js";
import { choice, text, yesNo } from "../option-kinds.js";
import { addOptions } from "./add-options.js";
import { addHelpBelow } from "./help-text.js";
import { modelOptions } from "./options.js";
import { print } from "./print.js";

const exportOptions = {
  ...modelOptions,
  format: required(choice(EXPORT_FORMATS, "where"), {
    help: "for Python's transformers; for Transformers.js and ONNX Runtime, any model; or for the book's code, the book's BERT",
  }),
  out: required(text("folder"), { help: "where the files go" }),
  overwrite: option(yesNo, { default: false, help: "replace files that are there" }),
};

export function addExportCommand(program: Command): void {
  const command = program
    .command("export")
    .description(
      "Write a trained model as others serve it: Python's transformers, Transformers.js, ONNX Runtime.",
    )
    .action(runExport);
  addHelpBelow(command, [], ["tunebert export --model nli --format onnx --out served"]);
  addOptions(command, exportOptions);
}

async function runExport({ model, ...options }: OptionValues<typeof exportOptions>): Promise<void> {
  const files = await exportModel(model, options);
  print(files.map((file) => join(options.out, file)));
}
