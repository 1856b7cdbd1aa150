import { statSync } from "node:fs";
import { basename } from "node:path";
import type { TextDataset } from "../data/text-dataset.js";
import { sha256Of } from "../hub/files.js";
import type { LabelledExample } from "../predict/answer-labelled.js";
import type { DataRecord } from "../report/run-record.js";
import type { TextExample } from "../text/text-example.js";

/** What is to be remembered of the file that a dataset was read from. */
export async function dataRecord(
  file: string,
  { size, skipped, truncated }: TextDataset,
): Promise<DataRecord> {
  // What is no file, such as a pipe, cannot be read again.
  const sha256 = statSync(file).isFile() ? await sha256Of(file) : undefined;
  return { name: basename(file), sha256, pairs: size, skipped, truncated };
}

/** The examples as they come; those with a label, and not one that stands for none, are also put into `kept`. */
export async function* keepLabelled(
  examples: AsyncIterable<TextExample>,
  kept: LabelledExample[],
  isNone: (label: string) => boolean,
): AsyncGenerator<TextExample> {
  for await (const example of examples) {
    const { text, textPair, label } = example;
    if (label !== undefined && !isNone(label)) kept.push({ text, textPair, label });
    yield example;
  }
}
