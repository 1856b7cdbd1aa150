import { totalmem } from "node:os";
import { TunebertError } from "../error.js";
import { checkOptions, type GivenOptions } from "../option.js";
import { TokenCounter } from "../text/token-counter.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { WordTokenizer } from "../text/word-tokenizer.js";
import { GrowableInt32 } from "./growable-int32.js";
import { vocabularyOptions } from "./options.js";

/** Groups of sentences that follow one another. */
export type SentenceGroups = Iterable<readonly string[]> | AsyncIterable<readonly string[]>;

/** What a {@link Corpus} is made of: S sentences in G groups. */
export interface CorpusData {
  /** The tokens of all sentences, one after another, without special ones. */
  readonly tokenIds: Int32Array;
  /** (S + 1): sentence `s` takes the ids from `sentences[s]` up to `sentences[s + 1]`. */
  readonly sentences: Int32Array;
  /** (G + 1): group `g` has the sentences from `groups[g]` up to `groups[g + 1]`. */
  readonly groups: Int32Array;
}

/** Which words a vocabulary gets. */
export interface CorpusVocabularyOptions extends GivenOptions<typeof vocabularyOptions> {}

/**
 * Plain text to pretrain on: token ids in flat arrays, 4 bytes a token.
 * @example
 * const tokenizer = new WordTokenizer(Vocabulary.build([["dogs", 1], ["run", 1]], 1));
 * const corpus = await Corpus.encode([["Dogs run", "They bark"], ["Cats sleep"]], tokenizer);
 * console.log(corpus.sentenceCount); // 3
 */
export class Corpus implements CorpusData {
  readonly tokenIds: Int32Array;
  readonly sentences: Int32Array;
  readonly groups: Int32Array;

  /** A corpus of text that is encoded already. {@link encode} makes it from sentences. */
  constructor({ tokenIds, sentences, groups }: CorpusData) {
    this.tokenIds = tokenIds;
    this.sentences = sentences;
    this.groups = groups;
  }

  /**
   * Encodes sentences with the tokenizer of a model; those without a token are left out.
   * @throws TunebertError when there are none, or more than memory should hold
   */
  static async encode(groups: SentenceGroups, tokenizer: Pick<Tokenizer, "ids">): Promise<Corpus> {
    return new Corpus(await encodeSentences(groups, tokenizer));
  }

  /**
   * Encodes sentences and builds the vocabulary of their words in one pass.
   * @throws TunebertError as {@link encode}
   */
  static async encodeWithNewVocabulary(
    groups: SentenceGroups,
    options: CorpusVocabularyOptions = {},
  ): Promise<{ corpus: Corpus; tokenizer: WordTokenizer }> {
    const { minFrequency, words = "punctuation" } = checkOptions(vocabularyOptions, options);
    const counter = new TokenCounter(words);
    const data = await encodeSentences(groups, counter);
    const { vocabulary, finalIds } = counter.finish(minFrequency);
    const { tokenIds } = data;
    for (let i = 0; i < tokenIds.length; i++) tokenIds[i] = finalIds[tokenIds[i]!]!;
    return { corpus: new Corpus(data), tokenizer: new WordTokenizer(vocabulary, words) };
  }

  /** Number of sentences. */
  get sentenceCount(): number {
    return this.sentences.length - 1;
  }

  /** Number of groups. */
  get groupCount(): number {
    return this.groups.length - 1;
  }

  /** Number of tokens of a sentence. */
  length(sentence: number): number {
    return this.sentences[sentence + 1]! - this.sentences[sentence]!;
  }

  /** The token ids of the sentences from `first` up to `end`, a view into {@link tokenIds}. */
  ids(first: number, end = first + 1): Int32Array {
    return this.tokenIds.subarray(this.sentences[first], this.sentences[end]);
  }
}

async function encodeSentences(
  groups: SentenceGroups,
  tokenizer: Pick<Tokenizer, "ids">,
): Promise<CorpusData> {
  const tokenIds = new GrowableInt32();
  const sentences = new GrowableInt32();
  const starts = new GrowableInt32();
  sentences.push(0);
  starts.push(0);
  for await (const group of groups) {
    for (const sentence of group) {
      const ids = tokenizer.ids(sentence);
      if (ids.length === 0) continue;
      expectRoom(tokenIds.length + ids.length);
      tokenIds.append(Int32Array.from(ids));
      sentences.push(tokenIds.length);
    }
    const end = sentences.length - 1;
    if (end > starts.at(starts.length - 1)) starts.push(end);
  }
  if (tokenIds.length === 0) throw new TunebertError("the text has no words to pretrain on");
  return { tokenIds: tokenIds.toArray(), sentences: sentences.toArray(), groups: starts.toArray() };
}

/** The ids, which are copied once, may take half of what the machine has. */
const BYTES_PER_TOKEN = 2 * Int32Array.BYTES_PER_ELEMENT;

function expectRoom(tokens: number): void {
  const most = Math.floor(totalmem() / 2 / BYTES_PER_TOKEN);
  if (tokens <= most) return;
  throw new TunebertError(
    `the text has more than ${most} tokens, whose ids take half of this machine's memory (${totalmem()} bytes); pretrain on a part of it`,
  );
}
