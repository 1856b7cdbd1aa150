import { statSync } from "node:fs";
import { basename } from "node:path";
import type { PairDataset } from "../data/pair-dataset.js";
import type { TextPair } from "../data/text-pair.js";
import { sha256Of } from "../hub/files/files.js";
import type { LabelledPair } from "../predict/answer-labelled.js";
import type { DataRecord } from "../report/files/run-record.js";

/** What is to be remembered of the file that a dataset was read from. */
export async function dataRecord(
  file: string,
  { size, skipped, truncated }: PairDataset,
): Promise<DataRecord> {
  // What is no file, such as a pipe, cannot be read again.
  const sha256 = statSync(file).isFile() ? await sha256Of(file) : undefined;
  return { name: basename(file), sha256, pairs: size, skipped, truncated };
}

/** The pairs as they come; those with a label, and not one that stands for none, are also put into `kept`. */
export async function* keepLabelled(
  pairs: AsyncIterable<TextPair>,
  kept: LabelledPair[],
  isNone: (label: string) => boolean,
): AsyncGenerator<TextPair> {
  for await (const pair of pairs) {
    const { premise, hypothesis, label } = pair;
    if (label !== undefined && !isNone(label)) kept.push({ premise, hypothesis, label });
    yield pair;
  }
}
