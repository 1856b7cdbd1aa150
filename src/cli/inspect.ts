import type { Command } from "commander";
import { readWeights } from "../hub/read-weights.js";

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
    for (const tensor of tensors) console.log(JSON.stringify(tensor));
    return;
  }
  const nameWidth = Math.max(0, ...tensors.map(({ name }) => name.length));
  const typeWidth = Math.max(0, ...tensors.map(({ type }) => type.length));
  for (const { name, type, shape } of tensors) {
    console.log(`${name.padEnd(nameWidth)}  ${type.padEnd(typeWidth)}  [${shape.join(", ")}]`);
  }
  const elements = tensors.reduce(
    (sum, { shape }) => sum + shape.reduce((product, dim) => product * dim, 1),
    0,
  );
  console.log(`${tensors.length} tensors, ${elements.toLocaleString("en-US")} elements`);
}
