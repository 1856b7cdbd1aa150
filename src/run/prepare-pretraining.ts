import { totalmem } from "node:os";
import { BertForPretraining } from "../bert/bert-for-pretraining.js";
import { Corpus, type CorpusRoom, type SentenceGroups } from "../data/corpus.js";
import { PretrainingExamples } from "../data/pretraining-examples.js";
import { readSentences, type TextFormat } from "../data/sentences.js";
import { TunebertError } from "../error.js";
import { resolveDataFiles } from "../hub/fetch/resolve.js";
import { streamBytes } from "../hub/files/files.js";
import { loadForPretraining } from "../hub/store/load-for-pretraining.js";
import { readTokenizer } from "../hub/store/model-folder.js";
import { checkOptions } from "../option.js";
import { Random } from "../random.js";
import { formatCount } from "../report/terminal/format-quantity.js";
import { pretraining } from "../tasks/pretraining.js";
import type { Task } from "../tasks/task.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { digestTensors, type Fingerprint, PRETRAINED } from "../train/fingerprint.js";
import { continued } from "./example-source.js";
import type { PretrainOptions } from "./pretrain-options.js";
import { pretrainedModelOptions, pretrainingRunOptions } from "./pretrain-options.js";
import { vocabularyFingerprint } from "./run-fingerprint.js";
import { scratchConfig } from "./scratch-config.js";

/** Tokens of a vocabulary of pieces, unless it is said how many. */
const PIECES = 8000;

/** Of embeddings that decode too: with 1, as d2l's have, fresh ones would be sure of their guesses. */
const TIED_STD = 0.1;

/** Pretraining that is ready to start. */
export interface PreparedPretraining {
  readonly task: Task<PretrainingExamples>;
  readonly model: BertForPretraining;
  readonly tokenizer: Tokenizer;
  readonly maxLength: number;
  readonly validation: PretrainingExamples | undefined;
  readonly fingerprint: Partial<Fingerprint>;
  /** What it learns from, for a person to read. */
  readonly data: Readonly<Record<string, string>>;
}

/** Reads the text and makes the model. @throws TunebertError when options do not go together, or a file cannot be read */
export async function preparePretraining(options: PretrainOptions): Promise<PreparedPretraining> {
  expectTogether(options);
  const { log = () => {}, onNotice = () => {} } = options;
  const { maxLength, seed, dropout, masking } = checkOptions(pretrainingRunOptions, options);
  const { corpus, tokenizer, model, start } = await (options.pretrained === undefined
    ? fromScratch(options)
    : goingOn(options, options.pretrained));
  const { nextSentence } = model.heads;
  const examplesOf = (text: Corpus) => new PretrainingExamples(text, tokenizer, { maxLength, nextSentence });
  const train = examplesOf(corpus);
  const validation =
    options.validation === undefined
      ? undefined
      : examplesOf(await Corpus.encode(sentencesOf(options.validation, options), tokenizer, room()));
  const described = (examples: PretrainingExamples) =>
    `${formatCount(examples.corpus.tokenIds.length)} tokens in ${formatCount(examples.corpus.sentenceCount)} sentences, ` +
    `${formatCount(examples.size)} ${nextSentence ? "pairs" : "examples"}`;
  log(`read ${described(train)}`);
  if (validation) log(`to measure on: ${described(validation)}`);
  const unknown = unknownShare(corpus, tokenizer);
  log(
    `vocabulary of ${formatCount(tokenizer.size)} tokens${unknown > 0 ? `, which lacks ${(100 * unknown).toFixed(1)} % of the words` : ""}`,
  );
  if (unknown > 0.2) {
    onNotice(
      `warning: the vocabulary lacks ${(100 * unknown).toFixed(0)} % of the words; lower --min-frequency, or learn pieces with --vocabulary wordpiece`,
    );
  }
  const cut = cutOffShare(corpus, maxLength - tokenizer.specialTokens(1));
  if (cut >= 0.01) {
    onNotice(
      `warning: ${(100 * cut).toFixed(0)} % of the tokens are never learnt from, since their sentences are longer than --max-length ${maxLength}; write one sentence a line, or raise it`,
    );
  }
  if (nextSentence && corpus.groupCount === corpus.sentenceCount) {
    onNotice(
      "warning: no sentence has a next one, so that next-sentence prediction has nothing to learn; is the text one sentence a line, with blank lines between paragraphs?",
    );
  }
  if (start !== undefined && model.fresh.length > 0) log(`fresh: ${model.fresh.join(", ")}`);
  return {
    task: pretraining(model, train, { dropout, masking, seed }),
    ...{ model, tokenizer, maxLength, validation },
    data: { text: described(train), ...(validation && { validation: described(validation) }) },
    fingerprint: {
      data: {
        ...vocabularyFingerprint(tokenizer),
        ...(start !== undefined && { [PRETRAINED]: start }),
      },
    },
  };
}

/** A model and its text. */
interface Start {
  readonly corpus: Corpus;
  readonly tokenizer: Tokenizer;
  readonly model: BertForPretraining;
  /** The digest of what the weights were. */
  readonly start?: string;
}

async function fromScratch(options: PretrainOptions): Promise<Start> {
  const { corpus, tokenizer } = await encode(options);
  const { seed, maxLength } = checkOptions(pretrainingRunOptions, options);
  const { tiedDecoder, nextSentence } = checkOptions(pretrainedModelOptions, options);
  // Of pieces the size is said of the vocabulary itself.
  const vocabSize = options.vocabulary === "wordpiece" ? undefined : options.vocabSize;
  const config = scratchConfig({ ...options, vocabSize, maxLength }, tokenizer);
  const { embeddingStd = tiedDecoder ? TIED_STD : undefined } = options;
  const heads = { tiedDecoder, nextSentence };
  const model = BertForPretraining.fromScratch(config, heads, new Random(seed), { embeddingStd });
  return { corpus, tokenizer, model };
}

async function encode(options: PretrainOptions): Promise<Pick<Start, "corpus" | "tokenizer">> {
  let format: TextFormat | undefined;
  const groups = sentencesOf(options.text, options, (first) => {
    format ??= first;
  });
  if (options.tokenizer !== undefined) {
    const tokenizer = await readTokenizer(options.tokenizer);
    return { corpus: await Corpus.encode(groups, tokenizer, room()), tokenizer };
  }
  if (options.vocabulary === "wordpiece")
    return Corpus.encodeWithWordPieces(groups, options.vocabSize ?? PIECES, room());
  // WikiText sets its tokens apart already, `<unk>` among them.
  const first = await groups.next();
  const { words = format === "wikitext" ? "book" : "punctuation", minFrequency } = options;
  return Corpus.encodeWithNewVocabulary(continued(first, groups), { words, minFrequency, ...room() });
}

/** One of Hugging Face's learns from words alone; heads that a model has not are fresh. */
async function goingOn(options: PretrainOptions, pretrained: string): Promise<Start> {
  const { heads, nextSentence } = options;
  const { seed } = checkOptions(pretrainingRunOptions, options);
  const { model, tokenizer } = await loadForPretraining(pretrained, {
    ...options.download,
    heads,
    nextSentence,
    seed,
  });
  const corpus = await Corpus.encode(sentencesOf(options.text, options), tokenizer, room());
  const came = [...model.stateDict()].filter(([name]) => !model.fresh.includes(name));
  return { corpus, tokenizer, model, start: digestTensors(new Map(came)) };
}

/** The sentences of files, of patterns and of names of the catalog, one after another, or those that were given. */
async function* sentencesOf(
  text: PretrainOptions["text"],
  { format, download }: Pick<PretrainOptions, "format" | "download">,
  onFormat?: (format: TextFormat) => void,
): AsyncGenerator<readonly string[]> {
  for await (const one of typeof text === "string" ? [text] : (text as SentenceGroups | readonly string[])) {
    if (typeof one !== "string") yield one;
    else {
      for (const fileName of await resolveDataFiles(one, "train", download)) {
        yield* readSentences(streamBytes(fileName), { fileName, format, onFormat });
      }
    }
  }
}

/** What reading takes may be half of the machine's memory. */
function room(): CorpusRoom {
  return { mostTokens: Math.floor(totalmem() / 2 / 8) };
}

function unknownShare({ tokenIds }: Corpus, { unknown }: Tokenizer): number {
  if (unknown === undefined) return 0;
  return tokenIds.reduce((count, id) => count + Number(id === unknown), 0) / tokenIds.length;
}

/** The part of the tokens that stand where their sentence has no room any more. */
function cutOffShare({ tokenIds, sentences }: Corpus, room: number): number {
  const lengths = sentences.subarray(1).map((end, i) => end - sentences[i]!);
  return lengths.reduce((sum, length) => sum + Math.max(0, length - room), 0) / tokenIds.length;
}

const FROM_SCRATCH = [
  "hidden",
  "ffn",
  "blocks",
  "vocabSize",
  "embeddingStd",
  "positions",
  "tokenizer",
  "minFrequency",
  "words",
] as const;

function expectTogether(options: PretrainOptions): void {
  const given = FROM_SCRATCH.find((name) => options[name] !== undefined);
  if (options.pretrained !== undefined && given !== undefined) {
    throw new TunebertError(
      (named, pretrained) => `${named} is for a model from scratch; leave it out, or leave out ${pretrained}`,
      { option: [given, "pretrained"] },
    );
  }
}
