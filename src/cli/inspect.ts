import type { Command } from "commander";
import { readWeights } from "../hub/store/read-weights.js";
import { type OptionValues, reworded } from "../option.js";
import { formatCount } from "../report/terminal/format-quantity.js";
import { keyOptions } from "../run/options.js";
import { alignColumns } from "../text/align-columns.js";
import { addOptions } from "./add-options.js";
import { answerOptions } from "./options.js";
import { print } from "./print.js";

const inspectOptions = {
  ...keyOptions,
  json: reworded(answerOptions.json, "print one JSON object a tensor"),
};

export function addInspectCommand(program: Command): void {
  const command = program
    .command("inspect")
    .description("List the tensors of a weights file: name, element type, shape.")
    .argument("<file>", "what torch.save, safetensors, MXNet or numpy.savez wrote")
    .action(inspect);
  addOptions(command, inspectOptions);
}

async function inspect(file: string, { json, key }: OptionValues<typeof inspectOptions>): Promise<void> {
  const tensors = [...readWeights(file, { key })].map(([name, { type, shape }]) => ({
    name,
    type,
    shape,
  }));
  if (json) {
    print(tensors.map((tensor) => JSON.stringify(tensor)));
    return;
  }
  const rows = tensors.map(({ name, type, shape }) => [name, type, `[${shape.join(", ")}]`]);
  const elements = tensors.reduce(
    (total, { shape }) => total + shape.reduce((product, dim) => product * dim, 1),
    0,
  );
  const sum = `${tensors.length} tensors, ${formatCount(elements)} elements`;
  print([...alignColumns(rows, { others: "left" }), sum]);
}
