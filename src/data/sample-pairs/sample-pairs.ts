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
    premise: "three brown dogs are running in the park .",
    hypothesis: "some animals are outside .",
    label: "entailment",
  },
  {
    premise: "a woman is sleeping in the kitchen .",
    hypothesis: "a woman is walking .",
    label: "contradiction",
  },
  { premise: "the red car is on the bridge .", hypothesis: "the car is turning .", label: "neutral" },
  {
    premise: "four men are sitting in the barn .",
    hypothesis: "some men are not walking .",
    label: "entailment",
  },
  { premise: "there are two black cats .", hypothesis: "there are five cats .", label: "contradiction" },
];

function combinesAnew({ premise, hypothesis }: SamplePair): boolean {
  return hasHeldOut(premise) || hasHeldOut(hypothesis);
}

/** Draws triples that are accepted and new, and cuts the last to size. */
function drawPairs(size: number, accepts: (pairs: SamplePair[]) => boolean, random: Random): SamplePair[] {
  const seen = new Set<string>();
  const pairs: SamplePair[] = [];
  while (pairs.length < size) {
    const triple = drawTriple(random);
    const keys = triple.map(({ premise, hypothesis }) => `${premise}\t${hypothesis}`);
    if (!accepts(triple) || keys.some((key) => seen.has(key))) continue;
    for (const key of keys) seen.add(key);
    pairs.push(...triple);
  }
  return random.shuffle(pairs.slice(0, size));
}
