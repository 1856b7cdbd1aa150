import { TunebertError } from "../../error.js";
import { expectFits } from "../../option.js";
import { count as wholeCount } from "../../option-kinds.js";
import { compareCodePoints } from "../code-point-order.js";

/** The special tokens of BERT's vocabularies, which come first. */
const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
/** What a piece that continues a word begins with. */
const CONTINUATION = "##";
/** Characters of an alphabet at most, or a quarter of a large vocabulary, as Chinese needs; rarer ones are unknown. */
const MOST_CHARACTERS = 1000;
/** Longer words are unknown to BERT's tokenizers, so nothing is learnt from them. */
const LONGEST_WORD = 100;

/**
 * Learns a WordPiece vocabulary as Hugging Face's `WordPieceTrainer` does: from single characters on, the two adjacent pieces
 * that occur together most often become one, until the vocabulary is full or no two occur together twice. Of equally frequent
 * pairs the first by code points is taken, so that the same words give the same tokens.
 * @param words distinct words and how often each occurs
 * @param size tokens of the vocabulary, special ones included
 * @returns the tokens in the order of their ids
 * @throws TunebertError when the size is none, or leaves no room for the characters
 * @example
 * console.log(learnWordPiece([["low", 5], ["lower", 2]], 12).at(-1)); // low
 */
export function learnWordPiece(
  words: Iterable<readonly [word: string, count: number]>,
  size: number,
): string[] {
  expectFits("vocabSize", wholeCount, size);
  const spelt = Array.from(words, ([word, count]) => ({ characters: Array.from(word), count })).filter(
    ({ characters }) => characters.length <= LONGEST_WORD,
  );
  const known = frequentCharacters(spelt, Math.max(MOST_CHARACTERS, Math.floor(size / 4)));
  const cut = spelt
    .filter(({ characters }) => characters.every((character) => known.has(character)))
    .map(({ characters, count }) => ({
      count,
      pieces: characters.map((one, i) => (i === 0 ? one : CONTINUATION + one)),
    }));
  const alphabet = [...new Set(cut.flatMap(({ pieces }) => pieces))].sort(compareCodePoints);
  const tokens = [...SPECIAL, ...alphabet];
  if (tokens.length > size) {
    throw new TunebertError(
      (vocabSize) =>
        `${vocabSize} is ${size}; the text has so many characters that it must be at least ${tokens.length}`,
      { option: "vocabSize" },
    );
  }
  const taken = new Set(tokens);
  const pairs = new Pairs(cut);
  while (tokens.length < size) {
    const merged = pairs.mergeMostFrequent();
    if (merged === undefined) break;
    if (!taken.has(merged)) tokens.push(merged);
    taken.add(merged);
  }
  return tokens;
}

interface SpeltWord {
  readonly characters: readonly string[];
  readonly count: number;
}

function frequentCharacters(words: readonly SpeltWord[], most: number): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { characters, count } of words) {
    for (const character of characters) counts.set(character, (counts.get(character) ?? 0) + count);
  }
  const frequent = [...counts].sort(([a, m], [b, n]) => n - m || compareCodePoints(a, b));
  return new Set(frequent.slice(0, most).map(([character]) => character));
}

interface CutWord {
  readonly count: number;
  pieces: string[];
}

/** Two pieces that stand beside each other in words. */
interface Pair {
  readonly left: string;
  readonly right: string;
  /** How often, words counted as often as they occur. */
  count: number;
  /** In which words, or was once. */
  readonly words: Set<CutWord>;
}

/** All pairs of adjacent pieces, counted as pieces become one. */
class Pairs {
  readonly #pairs = new Map<string, Pair>();
  /** Pairs by the count that they had when they were put in; the most frequent one is at the top. */
  readonly #heap: { readonly pair: Pair; readonly count: number }[] = [];

  constructor(words: readonly CutWord[]) {
    for (const word of words) this.#count(word, 1);
    for (const pair of this.#pairs.values()) this.#push(pair);
  }

  /** @returns what became of it, or `undefined` where no pair occurs twice */
  mergeMostFrequent(): string | undefined {
    const best = this.#pop();
    if (best === undefined) return undefined;
    const { left, right } = best;
    const merged = left + right.slice(CONTINUATION.length);
    const changed = new Set<Pair>();
    for (const word of best.words) {
      if (!hasPair(word, best)) continue;
      for (const pair of this.#count(word, -1)) changed.add(pair);
      word.pieces = joined(word.pieces, best, merged);
      for (const pair of this.#count(word, 1)) changed.add(pair);
    }
    for (const pair of changed) this.#push(pair);
    this.#pairs.delete(keyOf(left, right));
    return merged;
  }

  /** Counts the pairs of a word, or takes them off. */
  #count(word: CutWord, sign: 1 | -1): Pair[] {
    const { pieces, count } = word;
    const found: Pair[] = [];
    for (let i = 0; i + 1 < pieces.length; i++) {
      const [left, right] = [pieces[i]!, pieces[i + 1]!];
      const key = keyOf(left, right);
      let pair = this.#pairs.get(key);
      if (!pair) {
        pair = { left, right, count: 0, words: new Set() };
        this.#pairs.set(key, pair);
      }
      pair.count += sign * count;
      pair.words.add(word);
      found.push(pair);
    }
    return found;
  }

  #push(pair: Pair): void {
    if (pair.count < 2) return;
    const heap = this.#heap;
    let i = heap.push({ pair, count: pair.count }) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!comesBefore(heap[i]!, heap[parent]!)) break;
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  }

  /** The most frequent pair; entries whose count has changed since are passed over. */
  #pop(): Pair | undefined {
    const heap = this.#heap;
    for (;;) {
      const top = heap[0];
      if (top === undefined) return undefined;
      const last = heap.pop()!;
      if (heap.length > 0) {
        heap[0] = last;
        this.#sink();
      }
      if (top.pair.count === top.count) return top.pair;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let i = 0; ; ) {
      let first = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && comesBefore(heap[child]!, heap[first]!)) first = child;
      }
      if (first === i) return;
      [heap[i], heap[first]] = [heap[first]!, heap[i]!];
      i = first;
    }
  }
}

function comesBefore(
  a: { readonly pair: Pair; readonly count: number },
  b: { readonly pair: Pair; readonly count: number },
): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return (compareCodePoints(a.pair.left, b.pair.left) || compareCodePoints(a.pair.right, b.pair.right)) < 0;
}

function keyOf(left: string, right: string): string {
  return `${left} ${right}`;
}

function hasPair({ pieces }: CutWord, { left, right }: Pair): boolean {
  return pieces.some((piece, i) => piece === left && pieces[i + 1] === right);
}

function joined(pieces: readonly string[], { left, right }: Pair, merged: string): string[] {
  const result: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    if (pieces[i] === left && pieces[i + 1] === right) {
      result.push(merged);
      i++;
    } else result.push(pieces[i]!);
  }
  return result;
}
