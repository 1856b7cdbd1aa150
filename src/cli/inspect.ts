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
    if (tensors.length > 0) console.log(tensors.map((tensor) => JSON.stringify(tensor)).join("\n"));
    return;
  }
  const nameWidth = longest(tensors.map(({ name }) => name));
  const typeWidth = longest(tensors.map(({ type }) => type));
  const lines = tensors.map(
    ({ name, type, shape }) => `${name.padEnd(nameWidth)}  ${type.padEnd(typeWidth)}  [${shape.join(", ")}]`,
  );
  const elements = tensors.reduce(
    (sum, { shape }) => sum + shape.reduce((product, dim) => product * dim, 1),
    0,
  );
  lines.push(`${tensors.length} tensors, ${elements.toLocaleString("en-US")} elements`);
  console.log(lines.join("\n"));
}

/** The width of a column: of the longest text that is not out of all proportion. */
function longest(texts: readonly string[]): number {
  return texts.reduce((most, { length }) => (length <= MAX_WIDTH ? Math.max(most, length) : most), 0);
}

const MAX_WIDTH = 120;
