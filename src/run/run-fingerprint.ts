import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import type { BertClassifier } from "../bert/bert-classifier.js";
import type { TruncationName } from "../text/truncate-pair.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { digestTensors, type Fingerprint, PRETRAINED } from "../train/fingerprint.js";

export interface RunFingerprintFlags {
  readonly out: string;
  readonly maxLength: number;
  readonly truncation: TruncationName;
  readonly pretrained?: string;
  readonly embeddingStd?: number;
}

/** What makes a run what it is, and the trainer does not see. A pretrained model counts by its content. */
export async function runFingerprint(
  { out, maxLength, truncation, pretrained, embeddingStd = 1 }: RunFingerprintFlags,
  { model, vocabulary }: { readonly model: BertClassifier; readonly vocabulary: Vocabulary },
): Promise<Fingerprint> {
  const start = pretrained !== undefined && { [PRETRAINED]: await digestStart(pretrained, out, model) };
  return {
    data: {
      vocabulary: createHash("sha256").update(JSON.stringify(vocabulary)).digest("hex"),
      ...start,
    },
    settings: { maxLength, truncation, embeddingStd: embeddingStd === 1 ? null : embeddingStd },
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
