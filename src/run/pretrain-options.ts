import { headsOptions, scratchOptions } from "../bert/options.js";
import { lengthOptions, vocabularyOptions } from "../data/options.js";
import { TEXT_FORMATS, type TextFormat } from "../data/sentences.js";
import type { FetchOptions } from "../hub/fetch/fetch-artifact.js";
import { type GivenOptions, option, required } from "../option.js";
import { choice, count, text, texts, yesNo } from "../option-kinds.js";
import { physicalCores } from "../runtime/threads/physical-cores.js";
import { pretrainingOptions } from "../tasks/pretraining.js";
import { trainingOptions } from "../train/options.js";
import type { Listener } from "./listeners/listener.js";
import type { checkpointOptions, outputOptions } from "./options.js";

/** The text. */
export const pretrainingTextOptions = {
  text: required(texts("file..."), {
    help: "plain text in UTF-8, as it is or as .gz, a pattern such as 'corpus/*.txt', or wikitext-2, which is fetched; or several of these",
  }),
  validation: option(text("file"), {
    help: "text to measure on after each epoch; the best epoch's model is kept",
  }),
  format: option(choice<TextFormat>(TEXT_FORMATS, "which"), {
    defaultText: "what the first lines look like",
    help: "one sentence a line with blank lines between paragraphs (sentences), a paragraph a line with ' . ' between sentences (wikitext), or sentences that belong together with tabs between them (groups)",
  }),
};

/** What is pretrained. */
export const pretrainedModelOptions = {
  pretrained: option(text("folder"), {
    help: "go on with a pretrained BERT: one of Hugging Face's by the masked language model alone, one of the book's or of tunebert's by both tasks",
  }),
  ...headsOptions,
  ...scratchOptions,
  embeddingStd: { ...scratchOptions.embeddingStd, defaultText: "1, as the book's; 0.1 with --tied-decoder" },
  /** longest input; default: 512, or `maxLength` if that is more */
  positions: option(count, { defaultText: "512", help: "rows of the position embedding, from scratch" }),
  /** whether the token embedding decodes too; default: no, as in the book */
  tiedDecoder: option(yesNo, {
    default: false,
    help: "guess words with the token embedding, instead of a matrix of their own, from scratch",
  }),
  /** default: yes; of a BERT of Hugging Face's: no */
  nextSentence: option(yesNo, {
    default: true,
    help: "leave out next-sentence prediction: learn from words alone",
  }),
  vocabulary: option(choice<"words" | "wordpiece">(["words", "wordpiece"], "which"), {
    default: "words",
    help: "what the vocabulary holds: words, or pieces of words that are learnt from the text, as many as --vocab-size says, from scratch",
  }),
  tokenizer: option(text("folder"), {
    help: "take the tokenizer of this folder: a vocab.json or a tokenizer.json, from scratch",
  }),
  ...vocabularyOptions,
  words: { ...vocabularyOptions.words, defaultText: "book for WikiText, else punctuation" },
  minFrequency: { ...vocabularyOptions.minFrequency, default: undefined, defaultText: "2" },
};

/** How it learns. */
export const pretrainingRunOptions = {
  ...trainingOptions,
  learningRate: { ...trainingOptions.learningRate, default: 1e-3 },
  ...pretrainingOptions,
  maxLength: { ...lengthOptions.maxLength, default: 128 },
  threads: option(count, {
    default: physicalCores(),
    defaultText: "the physical cores",
    help: "threads to train on",
  }),
};

/** What is pretrained, on which text, how, and where it goes: what the flags of `tunebert pretrain` say, under the same names. */
export interface PretrainOptions
  extends GivenOptions<
    Omit<typeof pretrainingTextOptions, "text"> &
      typeof pretrainedModelOptions &
      typeof pretrainingRunOptions &
      typeof checkpointOptions &
      Omit<typeof outputOptions, "out">
  > {
  /** Files, or the sentences themselves, paragraph by paragraph. */
  readonly text: string | readonly string[] | Iterable<readonly string[]> | AsyncIterable<readonly string[]>;
  /** The folder in which the model, its metrics and its report go. */
  readonly out: string;
  /** How names and addresses are fetched. */
  readonly download?: FetchOptions | undefined;
  /** Ends the run after the step under way and a checkpoint; its reason is then thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Who follows the run. */
  readonly listeners?: readonly Listener[] | undefined;
  /** Is told what was read and chosen, a line each. */
  readonly log?: ((line: string) => void) | undefined;
  /** Is told what deserves attention. */
  readonly onNotice?: ((message: string) => void) | undefined;
}
