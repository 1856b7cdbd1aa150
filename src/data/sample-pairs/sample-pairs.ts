import { Random } from "../../random.js";
import { hasHeldOut } from "./combinations.js";
import { drawTriple, type SamplePair } from "./triple.js";

export type { SamplePair };

/** Pairs in each half of the sample corpus. */
export interface SampleSizes {
  /** Default 20,000. */
  readonly train?: number;
  /** Default 2,000. */
  readonly test?: number;
}

/**
 * Makes a corpus of captions on which a small BERT learns inference from scratch: whether what a second
 * sentence says about a photo follows from the first, contradicts it, or is left open. Every test pair has a
 * combination of words that no training sentence has.
 */
export function generateSamplePairs(
  seed: number,
  { train = 20_000, test = 2_000 }: SampleSizes = {},
): { train: SamplePair[]; test: SamplePair[] } {
  const random = new Random(seed);
  return {
    train: drawPairs(train, (pairs) => !pairs.some(combinesAnew), random),
    test: drawPairs(test, (pairs) => pairs.every(combinesAnew), random),
  };
}

/** Pairs in the manner of the test set, with words that are plain to read. */
export const showcasePairs: readonly SamplePair[] = [
  {
    text: "three brown dogs are running in the park .",
    textPair: "some animals are outside .",
    label: "entailment",
  },
  {
    text: "a woman is sleeping in the kitchen .",
    textPair: "a woman is walking .",
    label: "contradiction",
  },
  { text: "the red car is on the bridge .", textPair: "the car is turning .", label: "neutral" },
  {
    text: "four men are sitting in the barn .",
    textPair: "some men are not walking .",
    label: "entailment",
  },
  { text: "there are two black cats .", textPair: "there are five cats .", label: "contradiction" },
];

function combinesAnew({ text, textPair }: SamplePair): boolean {
  return hasHeldOut(text) || hasHeldOut(textPair);
}

/** Draws triples that are accepted and new, and cuts the last to size. */
function drawPairs(size: number, accepts: (pairs: SamplePair[]) => boolean, random: Random): SamplePair[] {
  const seen = new Set<string>();
  const pairs: SamplePair[] = [];
  while (pairs.length < size) {
    const triple = drawTriple(random);
    const keys = triple.map(({ text, textPair }) => `${text}\t${textPair}`);
    if (!accepts(triple) || keys.some((key) => seen.has(key))) continue;
    for (const key of keys) seen.add(key);
    pairs.push(...triple);
  }
  return random.shuffle(pairs.slice(0, size));
}
