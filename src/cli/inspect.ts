import type { Command } from "commander";
import { readWeights } from "../hub/read-weights.js";
import { alignColumns } from "../text/align-columns.js";
import { print } from "./print.js";

interface InspectFlags {
  readonly json: boolean;
}

export function addInspectCommand(program: Command): void {
  program
    .command("inspect")
    .description("List the tensors of a weights file: name, element type, shape.")
    .argument("<file>", "what torch.save, safetensors, MXNet or numpy.savez wrote")
    .option("--json", "print one JSON object a tensor", false)
    .action(inspect);
}

async function inspect(file: string, { json }: InspectFlags): Promise<void> {
  const tensors = [...readWeights(file)].map(([name, { type, shape }]) => ({
    name,
    type,
    shape,
  }));
  if (json) {
    for (const tensor of tensors) print(JSON.stringify(tensor));
    return;
  }
  const rows = tensors.map(({ name, type, shape }) => [name, type, `[${shape.join(", ")}]`]);
  for (const line of alignColumns(rows, { others: "left" })) print(line);
  const elements = tensors.reduce(
    (sum, { shape }) => sum + shape.reduce((product, dim) => product * dim, 1),
    0,
  );
  print(`${tensors.length} tensors, ${elements.toLocaleString("en-US")} elements`);
}
