import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import type { BertClassifier } from "../bert/bert-classifier.js";
import type { Answers } from "../data/answers.js";
import { lengthOptions } from "../data/options.js";
import type { SavedModel } from "../hub/store/model-folder.js";
import { settingsOf } from "../option.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { DEFAULT_TRUNCATION } from "../text/truncate-pair.js";
import { digestTensors, type Fingerprint, PRETRAINED } from "../train/fingerprint.js";

/** What makes a run what it is, and the trainer does not see. */
export function runFingerprint({
  tokenizer,
  maxLength,
  truncation = DEFAULT_TRUNCATION,
  fingerprint: given,
}: Omit<SavedModel<Answers>, "model"> & { readonly fingerprint?: Partial<Fingerprint> }): Fingerprint {
  return {
    data: { ...vocabularyFingerprint(tokenizer), ...given?.data },
    settings: { ...settingsOf(lengthOptions, { maxLength, truncation }), ...given?.settings },
  };
}

/** Of what a tokenizer knows. */
export function vocabularyFingerprint(tokenizer: Tokenizer): Fingerprint["data"] {
  const vocabulary = createHash("sha256");
  for (const text of Object.values(tokenizer.files())) vocabulary.update(text);
  return { vocabulary: vocabulary.digest("hex") };
}

/** What a run starts from. */
export interface RunStart {
  /** The folder or the name of a pretrained model, which counts by its content; `undefined` from scratch. */
  readonly pretrained: string | undefined;
  /** Of fresh embeddings. */
  readonly embeddingStd: number | undefined;
  /** Where the run writes. */
  readonly out: string;
  readonly model: BertClassifier<Answers>;
}

/** The part of a run's fingerprint that tells what the weights were before its first step. */
export async function startFingerprint({
  pretrained,
  embeddingStd = 1,
  out,
  model,
}: RunStart): Promise<Fingerprint> {
  return {
    data: pretrained === undefined ? {} : { [PRETRAINED]: await digestStart(pretrained, out, model) },
    settings: { embeddingStd: embeddingStd === 1 ? null : embeddingStd },
  };
}

/** Of what came with the model; a fresh output layer follows from the seed. */
async function digestStart(pretrained: string, out: string, model: BertClassifier<Answers>): Promise<string> {
  // Such a run finds its own weights there when it resumes.
  if ((await absolute(pretrained)) === (await absolute(out))) return "replaced by this run";
  const state = model.stateDict();
  if (model.keepsOutput) return digestTensors(state);
  return digestTensors(new Map([...state].filter(([name]) => !name.startsWith("output."))));
}

async function absolute(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
