import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BertForPretraining } from "../../bert/bert-for-pretraining.js";
import { TOKEN_TABLE } from "../../bert/inputs.js";
import type { Tokenizer } from "../../text/tokenizer.js";
import { WordTokenizer } from "../../text/word-tokenizer.js";
import type { StateDict } from "../../weights/tensor.js";
import { serializeTorch } from "../../weights/torch-writer.js";
import { readText } from "../files/files.js";
import { writeWhole } from "../files/write-whole.js";
import {
  formatPretrainingConfig,
  isOfPretraining,
  type PretrainingConfig,
  parsePretrainingConfig,
} from "./model-config.js";
import {
  CONFIG,
  clearFolder,
  expectRows,
  isModelFolder,
  PRETRAINED_WEIGHTS,
  readTokenizer,
  saveWeights,
  WEIGHTS,
  writeFiles,
} from "./model-folder.js";
import { readWeights } from "./read-weights.js";

/** A pretrained model with what makes tokens of texts. */
export interface SavedPretraining {
  readonly model: BertForPretraining;
  readonly tokenizer: Tokenizer;
  /** Longest example in tokens, special ones included, that it was pretrained on. */
  readonly maxLength: number;
}

/** Makes a folder ready for a pretrained model, and writes its config and tokenizer. @throws TunebertError as {@link clearFolder} */
export async function preparePretrainingFolder(
  folder: string,
  { model: { config, heads }, tokenizer, maxLength }: SavedPretraining,
  options: { readonly overwrite: boolean; readonly resume: boolean },
): Promise<void> {
  await clearFolder(folder, options);
  await writeFiles(folder, {
    [CONFIG]: formatPretrainingConfig({ config, heads, maxLength }),
    ...tokenizer.files(),
  });
}

/**
 * Writes the weights of a pretrained model into a folder that is prepared: as safetensors, and where d2l's classes can hold them
 * as `pretrained.params`.
 * @throws TunebertError when a parameter is not finite, or a file cannot be written
 */
export async function savePretrained(
  folder: string,
  { model, tokenizer }: Pick<SavedPretraining, "model" | "tokenizer">,
): Promise<void> {
  await saveWeights(folder, model);
  if (isOfBook(model, tokenizer)) {
    await writeWhole(join(folder, PRETRAINED_WEIGHTS), serializeTorch(bookState(model)));
  }
}

/** Whether d2l's `BERTModel` can hold it. */
function isOfBook({ config, heads }: BertForPretraining, tokenizer: Tokenizer): boolean {
  return config.variant === undefined && heads.nextSentence && tokenizer instanceof WordTokenizer;
}

/** With a decoder of its own, in the order of its state dict. */
function bookState(model: BertForPretraining): StateDict {
  const decoder = "mlm.mlp.3.weight";
  const state = model.stateDict();
  const ordered: StateDict = new Map();
  for (const [name, tensor] of state) {
    if (name === "mlm.mlp.3.bias" && !state.has(decoder)) ordered.set(decoder, state.get(TOKEN_TABLE)!);
    ordered.set(name, tensor);
  }
  return ordered;
}

/** Whether a folder holds a model that tunebert pretrained. */
export async function isPretrainingFolder(folder: string): Promise<boolean> {
  if (!(await isModelFolder(folder))) return false;
  const path = join(folder, CONFIG);
  return isOfPretraining(await readText(path), path);
}

/** What pretraining left in a folder: tensors by d2l's names. @throws TunebertError when a file is missing or damaged */
export async function readPretrainingFolder(
  folder: string,
): Promise<PretrainingConfig & { readonly tokenizer: Tokenizer; readonly read: () => StateDict }> {
  const path = join(folder, CONFIG);
  const described = parsePretrainingConfig(await readText(path), path);
  const tokenizer = await readTokenizer(folder);
  expectRows(tokenizer, described.config, folder);
  const weights = [WEIGHTS, PRETRAINED_WEIGHTS].map((name) => join(folder, name));
  const found = weights.find((file) => existsSync(file)) ?? weights[0]!;
  return { ...described, tokenizer, read: () => readWeights(found) };
}
