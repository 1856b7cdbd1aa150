import { BertForPretraining } from "../../bert/bert-for-pretraining.js";
import { TunebertError } from "../../error.js";
import { Random } from "../../random.js";
import type { Tokenizer } from "../../text/tokenizer.js";
import { loadPretrained, type PretrainedOptions } from "./pretrained.js";

/** A pretrained model with its heads, as far as it came with them. */
export interface LoadedForPretraining {
  readonly model: BertForPretraining;
  readonly tokenizer: Tokenizer;
}

/** How it is read. */
export interface LoadForPretrainingOptions
  extends Omit<PretrainedOptions, "key" | "pooling" | "withWordHead"> {
  /** Whether next-sentence prediction is wanted of a model of the book's kind; published BERTs go on without. Default: yes. */
  readonly nextSentence?: boolean | undefined;
  /** Of heads that are fresh. Default: 0. */
  readonly seed?: number | undefined;
}

/**
 * A pretrained BERT with the heads that it was pretrained with: of the book's, of tunebert's or of Hugging Face's, of which the
 * masked language model alone is read.
 * @throws TunebertError as {@link loadPretrained}
 * @example
 * const { model } = await loadForPretraining("bert");
 * console.log(model.heads); // { tiedDecoder: false, nextSentence: true }
 */
export async function loadForPretraining(
  nameOrFolder: string,
  { nextSentence = true, seed = 0, ...options }: LoadForPretrainingOptions = {},
): Promise<LoadedForPretraining> {
  const { config, tokenizer, state } = await loadPretrained(nameOrFolder, { ...options, withWordHead: true });
  const isPublished = config.variant !== undefined;
  const put = {
    tiedDecoder: isPublished || (!state.has("mlm.mlp.3.weight") && state.has("mlm.mlp.3.bias")),
    nextSentence: !isPublished && nextSentence,
  };
  const model = BertForPretraining.fromStateDict(config, put, state, new Random(seed));
  return { model, tokenizer };
}

/** @throws TunebertError when a model came without the head that guesses words */
export function expectWordHead({ fresh }: BertForPretraining, name: string): void {
  const missing = fresh.filter((parameter) => parameter.startsWith("mlm."));
  if (missing.length === 0) return;
  throw new TunebertError(
    `${name} comes without the head of a masked language model (${missing[0]} and others), so that it cannot guess words; ` +
      "take what tunebert pretrain wrote, or a BERT for masked words of Hugging Face's",
  );
}
