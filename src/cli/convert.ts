import { lstat, realpath } from "node:fs/promises";
import type { Command } from "commander";
import { toMxnetNames, toTorchNames } from "../bert/mxnet-names.js";
import { describePrefix, takeOffPrefix } from "../bert/name-prefix.js";
import { BERT_CLASSES, selectClass } from "../bert/select-class.js";
import { TunebertError } from "../error.js";
import { inFile } from "../hub/files/files.js";
import { writeWhole } from "../hub/files/write-whole.js";
import { readWeights } from "../hub/store/read-weights.js";
import { type OptionValues, option } from "../option.js";
import { choice, yesNo } from "../option-kinds.js";
import { keyOptions } from "../run/options.js";
import { formatOfName, serializeWeights, WEIGHTS_FORMATS } from "../weights/serialize-weights.js";
import { toFloat16 } from "../weights/tensor.js";
import { addOptions } from "./add-options.js";
import { note, print } from "./print.js";

const convertOptions = {
  format: option(choice(WEIGHTS_FORMATS, "format"), { help: "format, whatever the name of <out>" }),
  names: option(choice(["torch", "mxnet"], "family"), {
    defaultText: "those of the format",
    help: "whose names the tensors of a BERT get",
  }),
  class: option(choice(BERT_CLASSES, "class"), {
    help: "only the tensors of d2l's BERTModel or BERTClassifier, all of them",
  }),
  float16: option(yesNo, {
    default: false,
    help: "write real numbers in two bytes each, which halves the file and rounds them to about three digits",
  }),
  ...keyOptions,
  overwrite: option(yesNo, {
    default: false,
    help: "replace <out> where it exists, and of a link the file that it leads to",
  }),
};

export function addConvertCommand(program: Command): void {
  const command = program
    .command("convert")
    .description("Write the tensors of a weights file in another format, for another program to read.")
    .argument("<in>", "what torch.save, safetensors, MXNet or numpy.savez wrote")
    .argument("<out>", "file to write: .safetensors, .npz; .pt, .pth, .bin and .params are PyTorch's")
    .action(convert);
  addOptions(command, convertOptions);
}

async function convert(
  input: string,
  output: string,
  flags: OptionValues<typeof convertOptions>,
  command: Command,
): Promise<void> {
  const format = flags.format ?? formatOfName(output);
  if (!format) {
    command.error(
      `error: the name ${output} stands for no format; give --format ${WEIGHTS_FORMATS.join("|")}`,
    );
  }
  const names = flags.names ?? (format === "mxnet" ? "mxnet" : "torch");
  const isThere = await lstat(output).then(
    () => true,
    () => false,
  );
  if (isThere && !flags.overwrite) {
    throw new TunebertError((overwrite) => `${output} exists already; pass ${overwrite} to replace it`, {
      option: "overwrite",
    });
  }
  const found = readWeights(input, { key: flags.key });
  const { state: unprefixed, prefix } = takeOffPrefix(found);
  const bert = inFile(input, () => toTorchNames(unprefixed));
  const selected = inFile(input, () => (flags.class ? selectClass(bert, flags.class) : bert));
  const named = names === "mxnet" ? toMxnetNames(selected) : selected;
  const state = flags.float16
    ? inFile(input, () => new Map([...named].map(([name, tensor]) => [name, toFloat16(tensor, name)])))
    : named;
  // Of a link that was named, the file that it leads to is meant.
  await writeWhole(
    await realpath(output).catch(() => output),
    inFile(output, () => serializeWeights(state, format)),
  );
  print(`${output}: ${state.size} tensors, ${format}`);
  if (prefix !== "") note(describePrefix(prefix));
  const left = [...bert.keys()].filter((name) => !selected.has(name));
  if (left.length > 0) note(`left out, not in the class: ${left.join(", ")}`);
}
