import type { Command } from "commander";
import { readWeights } from "../hub/store/read-weights.js";
import { alignColumns } from "../text/align-columns.js";
import { keyOption } from "./options.js";
import { print } from "./print.js";

interface InspectFlags {
  readonly json: boolean;
  readonly key?: string;
}

export function addInspectCommand(program: Command): void {
  program
    .command("inspect")
    .description("List the tensors of a weights file: name, element type, shape.")
    .argument("<file>", "what torch.save, safetensors, MXNet or numpy.savez wrote")
    .option(...keyOption)
    .option("--json", "print one JSON object a tensor", false)
    .action(inspect);
}

async function inspect(file: string, { json, key }: InspectFlags): Promise<void> {
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
  const sum = `${tensors.length} tensors, ${elements.toLocaleString("en-US")} elements`;
  print([...alignColumns(rows, { others: "left" }), sum]);
}
