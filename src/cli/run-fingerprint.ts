import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import type { BertClassifier } from "../bert/bert-classifier.js";
import { lengthOptions } from "../data/options.js";
import { type OptionValues, settingsOf } from "../option.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { digestTensors, type Fingerprint, PRETRAINED } from "../train/fingerprint.js";

export interface RunFingerprintFlags extends OptionValues<typeof lengthOptions> {
  readonly out: string;
  readonly pretrained: string | undefined;
  readonly embeddingStd: number | undefined;
}

/** What makes a run what it is, and the trainer does not see. A pretrained model counts by its content. */
export async function runFingerprint(
  flags: RunFingerprintFlags,
  { model, tokenizer }: { readonly model: BertClassifier; readonly tokenizer: Tokenizer },
): Promise<Fingerprint> {
  const { out, pretrained, embeddingStd = 1 } = flags;
  const start = pretrained !== undefined && { [PRETRAINED]: await digestStart(pretrained, out, model) };
  const vocabulary = createHash("sha256");
  for (const text of Object.values(tokenizer.files())) vocabulary.update(text);
  return {
    data: { vocabulary: vocabulary.digest("hex"), ...start },
    settings: { ...settingsOf(lengthOptions, flags), embeddingStd: embeddingStd === 1 ? null : embeddingStd },
  };
}

/** Of what came with the model; a fresh output layer follows from the seed. */
async function digestStart(pretrained: string, out: string, model: BertClassifier): Promise<string> {
  // Such a run finds its own weights there when it resumes.
  if ((await absolute(pretrained)) === (await absolute(out))) return "replaced by this run";
  const state = model.stateDict();
  if (model.keepsOutput) return digestTensors(state);
  return digestTensors(new Map([...state].filter(([name]) => !name.startsWith("output."))));
}

async function absolute(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
