import { TunebertError } from "../error.js";
import { checkOptions, type GivenOptions } from "../option.js";
import { bertWords, normaliseForBert } from "../text/subwords/bert-words.js";
import { learnWordPiece } from "../text/subwords/learn-word-piece.js";
import { WordPieceTokenizer } from "../text/subwords/word-piece-tokenizer.js";
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

/** How much text there may be. */
export interface CorpusRoom {
  /** More tokens are refused; a token takes 8 bytes while text is read, and 4 afterwards. Default: as many as an array holds. */
  readonly mostTokens?: number | undefined;
}

/** Which words a vocabulary gets. */
export interface CorpusVocabularyOptions extends GivenOptions<typeof vocabularyOptions>, CorpusRoom {}

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
  static async encode(
    groups: SentenceGroups,
    tokenizer: Pick<Tokenizer, "ids">,
    room: CorpusRoom = {},
  ): Promise<Corpus> {
    return new Corpus(await encodeSentences(groups, tokenizer, room));
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
    const data = await encodeSentences(groups, counter, options);
    const { vocabulary, finalIds } = counter.finish(minFrequency);
    const { tokenIds } = data;
    for (let i = 0; i < tokenIds.length; i++) tokenIds[i] = finalIds[tokenIds[i]!]!;
    return { corpus: new Corpus(data), tokenizer: new WordTokenizer(vocabulary, words) };
  }

  /**
   * Encodes sentences with pieces of words that are learnt from them (WordPiece).
   * @param size tokens of the vocabulary, special ones included
   * @throws TunebertError as {@link encode}, or when the size is too small for the characters of the text
   */
  static async encodeWithWordPieces(
    groups: SentenceGroups,
    size: number,
    room: CorpusRoom = {},
  ): Promise<{ corpus: Corpus; tokenizer: WordPieceTokenizer }> {
    const ids = new Map<string, number>();
    const counts: number[] = [];
    const count = (word: string) => {
      const id = ids.get(word) ?? counts.push(0) - 1;
      ids.set(word, id);
      counts[id]!++;
      return id;
    };
    const words = await encodeSentences(groups, { ids: (text) => wordsOf(text).map(count) }, room);
    const tokens = learnWordPiece(
      [...ids].map(([word, id]) => [word, counts[id]!] as const),
      size,
    );
    const tokenizer = WordPieceTokenizer.of(new Map(tokens.map((token, id) => [token, id])));
    const pieces = [...ids.keys()].map((word) => Int32Array.from(tokenizer.ids(word)));
    return { corpus: new Corpus(inPieces(words, pieces)), tokenizer };
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
  { mostTokens = Number.POSITIVE_INFINITY }: CorpusRoom,
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
      if (tokenIds.length + ids.length > mostTokens) throw tooMuch(mostTokens);
      tokenIds.append(Int32Array.from(ids));
      sentences.push(tokenIds.length);
    }
    const end = sentences.length - 1;
    if (end > starts.at(starts.length - 1)) starts.push(end);
  }
  if (tokenIds.length === 0) throw new TunebertError("the text has no words to pretrain on");
  return { tokenIds: tokenIds.toArray(), sentences: sentences.toArray(), groups: starts.toArray() };
}

/** As a tokenizer of an uncased BERT makes them. */
function wordsOf(text: string): readonly string[] {
  return bertWords(
    normaliseForBert(text, {
      cleanText: true,
      handleChineseChars: true,
      stripAccents: true,
      lowercase: true,
    }),
  );
}

/** The same with each word in pieces. @param pieces of each word, by its id */
function inPieces({ tokenIds, sentences, groups }: CorpusData, pieces: readonly Int32Array[]): CorpusData {
  const ends = new Int32Array(tokenIds.length + 1);
  tokenIds.forEach((word, i) => {
    ends[i + 1] = ends[i]! + pieces[word]!.length;
  });
  const ids = new Int32Array(ends[tokenIds.length]!);
  tokenIds.forEach((word, i) => {
    ids.set(pieces[word]!, ends[i]);
  });
  return { tokenIds: ids, sentences: sentences.map((at) => ends[at]!), groups };
}

function tooMuch(mostTokens: number): TunebertError {
  return new TunebertError(
    `the text has more than ${mostTokens} tokens, for which there is no room in memory; pretrain on a part of it`,
  );
}
