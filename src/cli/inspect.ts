import type { Command } from "commander";
import { readWeights } from "../hub/read-weights.js";
import { keyOption } from "./options.js";

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
    for (const tensor of tensors) console.log(JSON.stringify(tensor));
    return;
  }
  const nameWidth = longest(tensors.map(({ name }) => name));
  const typeWidth = longest(tensors.map(({ type }) => type));
  for (const { name, type, shape } of tensors) {
    console.log(`${name.padEnd(nameWidth)}  ${type.padEnd(typeWidth)}  [${shape.join(", ")}]`);
  }
  const elements = tensors.reduce(
    (sum, { shape }) => sum + shape.reduce((product, dim) => product * dim, 1),
    0,
  );
  console.log(`${tensors.length} tensors, ${elements.toLocaleString("en-US")} elements`);
}

/** Files may hold more tensors than a function takes arguments. */
function longest(texts: readonly string[]): number {
  return texts.reduce((most, { length }) => Math.max(most, length), 0);
}
