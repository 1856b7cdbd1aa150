import type { TextExample } from "../text/text-example.js";

type Texts = Pick<TextExample, "text" | "textPair">;

/** From this part of pieces in common on, two texts are nearly the same. */
const SIMILARITY = 0.8;
/** Characters of a piece. */
const PIECE = 4;
/** Bands of so many hash values: of two texts that are nearly the same one band is the same with a probability above 0.998. */
const BANDS = 21;
const ROWS = 6;
/** Texts of one band with which another is compared; more would take time in proportion to the square of their number. */
const MOST_COMPARED = 16;

/**
 * Groups of examples whose texts are nearly the same: but for upper case, punctuation and spaces they have four fifths of
 * their pieces of four characters in common, each text with its like. Found by MinHash (Broder, 1997) in bands, in time that
 * grows with the number of examples and not with its square, so that among very many that are somewhat alike a few may be missed.
 * @returns the places of the examples, those of a group together; the first of each first
 * @example
 * const examples = ["A dog runs.", "a dog runs", "A cat sleeps."].map((text) => ({ text }));
 * console.log(nearDuplicates(examples)); // [ [ 0, 1 ] ]
 */
export function nearDuplicates(examples: readonly Pick<TextExample, "text" | "textPair">[]): number[][] {
  const groups = new Groups(examples.length);
  const distinct = joinEqual(examples, groups);
  const pieces = new Map(distinct.map((i) => [i, piecesOf(examples[i]!)]));
  const signatures = new Map([...pieces].map(([i, own]) => [i, signature(own)]));
  for (let band = 0; band < BANDS; band++) {
    const buckets = new Map<string, number[]>();
    for (const i of distinct) {
      const key = signatures
        .get(i)!
        .subarray(band * ROWS, (band + 1) * ROWS)
        .join();
      const bucket = buckets.get(key);
      if (bucket) meet(i, bucket, groups, pieces);
      else buckets.set(key, [i]);
    }
  }
  return groups.several();
}

/** Joins an example to those of its band that it is like, or puts it among them. */
function meet(
  example: number,
  bucket: number[],
  groups: Groups,
  pieces: ReadonlyMap<number, readonly Int32Array[]>,
): void {
  const own = pieces.get(example)!;
  for (const other of bucket) {
    if (groups.of(other) === groups.of(example)) return;
    if (areAlike(own, pieces.get(other)!)) {
      groups.join(other, example);
      return;
    }
  }
  if (bucket.length < MOST_COMPARED) bucket.push(example);
}

/** Joins examples with the same words, and returns one of each kind. */
function joinEqual(examples: readonly Texts[], groups: Groups): number[] {
  const first = new Map<string, number>();
  examples.forEach(({ text, textPair }, i) => {
    const key = JSON.stringify([plain(text), textPair === undefined ? null : plain(textPair)]);
    const known = first.get(key);
    if (known === undefined) first.set(key, i);
    else groups.join(known, i);
  });
  return [...first.values()];
}

/** Letters and digits of a text, in lower case, a space between words; of a text without any what there is. */
function plain(text: string): string {
  const words = text
    .normalize("NFKC")
    .toLowerCase()
    .match(/[\p{L}\p{N}\p{M}]+/gu);
  return words ? words.join(" ") : text.trim();
}

/** The hash values of a text's pieces, in ascending order, each once; for each of the texts. */
function piecesOf({ text, textPair }: Texts): Int32Array[] {
  return [text, ...(textPair === undefined ? [] : [textPair])].map((one) => {
    const characters = Array.from(plain(one));
    const pieces = new Set<number>();
    for (let i = 0; i === 0 || i + PIECE <= characters.length; i++) {
      pieces.add(hash(characters.slice(i, i + PIECE).join("")));
    }
    return Int32Array.from(pieces).sort();
  });
}

/** FNV-1a (Fowler, Noll, Vo) over UTF-16 units, 32 bits. */
function hash(piece: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < piece.length; i++) value = Math.imul(value ^ piece.charCodeAt(i), 0x01000193);
  return value;
}

/** The least value that each of a family of hash functions has on the pieces of an example. */
function signature(texts: readonly Int32Array[]): Uint32Array {
  const least = new Uint32Array(BANDS * ROWS).fill(0xffffffff);
  texts.forEach((pieces, which) => {
    for (const piece of pieces) {
      const seed = mix(piece ^ Math.imul(which + 1, 0x9e3779b1));
      // Double hashing (Kirsch and Mitzenmacher, 2006): the functions are sums of two.
      const step = mix(seed ^ 0x5bd1e995) | 1;
      for (let k = 0, value = seed; k < least.length; k++, value = (value + step) | 0) {
        const unsigned = mix(value) >>> 0;
        if (unsigned < least[k]!) least[k] = unsigned;
      }
    }
  });
  return least;
}

/** The finalizer of MurmurHash3 (Appleby, 2011). */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function areAlike(one: readonly Int32Array[], other: readonly Int32Array[]): boolean {
  return one.length === other.length && one.every((pieces, i) => similarity(pieces, other[i]!) >= SIMILARITY);
}

/** What two sets have in common, as a part of both together (Jaccard, 1901). */
function similarity(one: Int32Array, other: Int32Array): number {
  let common = 0;
  for (let i = 0, j = 0; i < one.length && j < other.length; ) {
    const [a, b] = [one[i]!, other[j]!];
    if (a === b) common++;
    if (a <= b) i++;
    if (b <= a) j++;
  }
  return common / (one.length + other.length - common);
}

/** Disjoint sets (Galler and Fischer, 1964), each by its least member. */
class Groups {
  readonly #parents: Int32Array;

  constructor(size: number) {
    this.#parents = Int32Array.from({ length: size }, (_, i) => i);
  }

  of(member: number): number {
    let root = member;
    while (this.#parents[root] !== root) {
      this.#parents[root] = this.#parents[this.#parents[root]!]!;
      root = this.#parents[root]!;
    }
    return root;
  }

  join(one: number, other: number): void {
    const [a, b] = [this.of(one), this.of(other)];
    this.#parents[Math.max(a, b)] = Math.min(a, b);
  }

  /** Those with more than one member. */
  several(): number[][] {
    const members = new Map<number, number[]>();
    for (let i = 0; i < this.#parents.length; i++) {
      const root = this.of(i);
      const group = members.get(root);
      if (group) group.push(i);
      else members.set(root, [i]);
    }
    return [...members.values()].filter((group) => group.length > 1);
  }
}
