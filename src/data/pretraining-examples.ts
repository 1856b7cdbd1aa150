import { TunebertError } from "../error.js";
import { expectFits } from "../option.js";
import { wholeNumber } from "../option-kinds.js";
import { Random } from "../random.js";
import type { Packed } from "../text/pack.js";
import type { Tokenizer } from "../text/tokenizer.js";
import type { Corpus } from "./corpus.js";

/** The part of an example's tokens that a model has to guess (Devlin et al., 2019, section 3.1). */
const MASKED_SHARE = 0.15;
/** Of these, what is shown as `<mask>`, and what as itself; the rest shows as another token. */
const SHOWN = { mask: 0.8, itself: 0.1 };

/** Special tokens of a pair. */
const SPECIAL = 3;

/** An example to pretrain on. */
export interface PretrainingExample {
  /** With some of its tokens replaced. */
  readonly packed: Packed;
  /** (P): the places of the tokens that are to be guessed, in order. */
  readonly places: Int32Array;
  /** (P): what they were. */
  readonly tokens: Int32Array;
  /** Whether the second sentence follows the first; `undefined` of an example of one text. */
  readonly isNext: boolean | undefined;
}

/** How examples are made. */
export interface PretrainingExamplesOptions {
  /** Longest example in tokens, special ones included; longer ones are truncated. */
  readonly maxLength: number;
  /** Whether examples are pairs, of which a model has to tell whether the second follows the first. */
  readonly nextSentence: boolean;
}

/**
 * The examples of a corpus, drawn anew whenever they are asked for (d2l section 15.9). With next-sentence prediction an
 * example is a sentence and, by chance, the next one or any one of any group; a group of one sentence is an example of one text.
 * Without it, one is as many sentences of a group as have room.
 * @example
 * const paragraphs = [["a dog runs .", "it barks ."], ["a cat sleeps .", "it purrs ."]];
 * const { corpus, tokenizer } = await Corpus.encodeWithNewVocabulary(paragraphs, { minFrequency: 1 });
 * const examples = new PretrainingExamples(corpus, tokenizer, { maxLength: 64, nextSentence: true });
 * const { places, isNext } = examples.draw(0, new Random(0));
 * console.log(places.length); // 2
 */
export class PretrainingExamples {
  readonly corpus: Corpus;
  /** The tokens that an example has, about: those of the sentences as they follow one another. */
  readonly meanLength: number;
  readonly #tokenizer: Tokenizer;
  readonly #options: PretrainingExamplesOptions;
  /** (n): the first sentence of each example, and (n): the one behind its last. */
  readonly #first: Int32Array;
  readonly #end: Int32Array;
  /** What is neither guessed nor shown in place of a token, such as `<cls>` and `<mask>` itself. */
  readonly #special: ReadonlySet<number>;
  readonly #mask: number;

  /** @throws TunebertError when texts have no room, or the tokenizer no token for what is masked: see {@link Tokenizer.mask} */
  constructor(corpus: Corpus, tokenizer: Tokenizer, options: PretrainingExamplesOptions) {
    this.corpus = corpus;
    this.#tokenizer = tokenizer;
    this.#options = options;
    const texts = options.nextSentence ? 2 : 1;
    expectFits("maxLength", wholeNumber(tokenizer.specialTokens(texts) + texts), options.maxLength);
    const { mask } = tokenizer;
    if (mask === undefined) {
      throw new TunebertError(
        "the vocabulary has no <mask> or [MASK], which stands for what is to be guessed; take one that has",
      );
    }
    this.#mask = mask;
    const { ids } = tokenizer.pack([], [], options.maxLength, "longest-first");
    this.#special = new Set([...ids, mask]);
    const room = options.maxLength - tokenizer.specialTokens(1);
    const spans = [...(options.nextSentence ? pairs(corpus) : runs(corpus, room))];
    this.#first = Int32Array.from(spans, ([first]) => first);
    this.#end = Int32Array.from(spans, ([, end]) => end);
    const lengths = spans.map(([first, end]) => corpus.sentences[end]! - corpus.sentences[first]! + SPECIAL);
    this.meanLength =
      lengths.reduce((sum, length) => sum + Math.min(length, options.maxLength), 0) / spans.length;
  }

  /** Number of examples. */
  get size(): number {
    return this.#first.length;
  }

  /** The most tokens that an example may have. */
  get maxLength(): number {
    return this.#options.maxLength;
  }

  /** Draws example `i`: which sentence comes second, and what is masked. */
  draw(i: number, random: Random): PretrainingExample {
    const first = this.#first[i]!;
    const end = this.#end[i]!;
    const isPair = this.#options.nextSentence && end - first === 2;
    const isNext = isPair ? random.uniform() < 0.5 : undefined;
    const text = this.corpus.ids(first, isPair ? first + 1 : end);
    const second = isPair ? this.corpus.ids(isNext ? first + 1 : this.#anySentence(random)) : undefined;
    const packed = this.#tokenizer.pack(
      Array.from(text),
      second && Array.from(second),
      this.#options.maxLength,
      "longest-first",
    );
    return { packed, isNext, ...this.#maskSome(packed.ids, random) };
  }

  /** Draws example `i` as it is drawn every time with this seed. */
  drawAlike(i: number, seed: number): PretrainingExample {
    return this.draw(i, new Random(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(i + 1, 0x85ebca6b)));
  }

  /** One of any group, all groups being equally likely, and its sentences. */
  #anySentence(random: Random): number {
    const { groups, groupCount } = this.corpus;
    const group = random.below(groupCount);
    const first = groups[group]!;
    return first + random.below(groups[group + 1]! - first);
  }

  /** Chooses what is to be guessed, and replaces it in place. */
  #maskSome(ids: Int32Array, random: Random): Pick<PretrainingExample, "places" | "tokens"> {
    const candidates = [...ids.keys()].filter((place) => !this.#special.has(ids[place]!));
    const count = Math.min(candidates.length, Math.max(1, roundHalfToEven(MASKED_SHARE * ids.length)));
    for (let i = 0; i < count; i++) {
      const j = i + random.below(candidates.length - i);
      [candidates[i], candidates[j]] = [candidates[j]!, candidates[i]!];
    }
    const places = Int32Array.from(candidates.slice(0, count)).sort();
    const tokens = places.map((place) => ids[place]!);
    for (const place of places) {
      const chance = random.uniform();
      if (chance < SHOWN.mask) ids[place] = this.#mask;
      else if (chance >= SHOWN.mask + SHOWN.itself) ids[place] = this.#anyToken(random);
    }
    return { places, tokens };
  }

  #anyToken(random: Random): number {
    for (;;) {
      const token = random.below(this.#tokenizer.size);
      if (!this.#special.has(token)) return token;
    }
  }
}

/** Sentences with the next one of their group; alone where the group has no other. */
function* pairs({ groups, groupCount }: Corpus): Generator<[first: number, end: number]> {
  for (let g = 0; g < groupCount; g++) {
    const [start, end] = [groups[g]!, groups[g + 1]!];
    if (end - start === 1) yield [start, end];
    for (let s = start; s + 1 < end; s++) yield [s, s + 2];
  }
}

/** Sentences that follow one another and have room together. */
function* runs(corpus: Corpus, room: number): Generator<[first: number, end: number]> {
  const { groups, groupCount } = corpus;
  for (let g = 0; g < groupCount; g++) {
    const end = groups[g + 1]!;
    for (let first = groups[g]!; first < end; ) {
      let next = first + 1;
      while (next < end && corpus.ids(first, next + 1).length <= room) next++;
      yield [first, next];
      first = next;
    }
  }
}

/** As Python rounds. */
function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
