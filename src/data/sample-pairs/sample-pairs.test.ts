import { describe, expect, test } from "vitest";
import { Random } from "../../random.js";
import { combinationsIn, hasHeldOut, isHeldOut } from "./combinations.js";
import { generateSamplePairs, type SamplePair, showcasePairs } from "./sample-pairs.js";
import { drawTriple } from "./triple.js";
import {
  actions,
  colours,
  type Groups,
  hypernyms,
  type Noun,
  nouns,
  numbers,
  places,
  qualities,
} from "./words.js";

const { train, test: held } = generateSamplePairs(1);

const GROUPS: readonly Groups[] = [...Object.values(actions).flat(), ...Object.values(places)];
const HYPERNYMS = Object.values(hypernyms);
/** The words of content by what they tell. */
const WORDS = {
  number: numbers,
  quality: Object.values(qualities).flat(2),
  colour: colours,
  noun: namesOf([...nouns.flat(), ...HYPERNYMS]),
  action: Object.values(actions).flat().flatMap(wordsOf),
  place: Object.values(places).flatMap(wordsOf),
};
const PATTERNS = Object.entries(WORDS).map(([sort, words]) => ({ sort, pattern: anyOf(words) }));

test("the same seed makes the same pairs, another seed others", () => {
  const sizes = { train: 300, test: 30 };
  expect(generateSamplePairs(5, sizes)).toEqual(generateSamplePairs(5, sizes));
  expect(generateSamplePairs(6, sizes)).not.toEqual(generateSamplePairs(5, sizes));
});

test("there are 20,000 and 2,000 pairs, evenly labelled and all different", () => {
  expect(train.length).toBe(20_000);
  expect(held.length).toBe(2_000);
  for (const pairs of [train, held]) {
    for (const label of ["entailment", "contradiction", "neutral"]) {
      expect(pairs.filter((pair) => pair.label === label).length / pairs.length).toBeCloseTo(1 / 3, 3);
    }
  }
  const keys = [...train, ...held].map(({ text, textPair }) => `${text}|${textPair}`);
  expect(new Set(keys).size).toBe(keys.length);
});

test("training sentences hold no held-out combination, and every test pair does", () => {
  const sentences = train.flatMap(({ text, textPair }) => [text, textPair]);
  expect(sentences.filter(hasHeldOut)).toEqual([]);
  expect(held.filter(({ text, textPair }) => !hasHeldOut(text) && !hasHeldOut(textPair))).toEqual([]);
});

test("held-out combinations are of every sort, and of words that training knows", () => {
  const known = new Set(train.flatMap(({ text, textPair }) => `${text} ${textPair}`.split(" ")));
  const unknown = held
    .flatMap(({ text, textPair }) => `${text} ${textPair}`.split(" "))
    .filter((w) => !known.has(w));
  expect(unknown).toEqual([]);
  const combinations = new Set(
    held.flatMap(({ text, textPair }) => [text, textPair].flatMap(combinationsIn)).filter(isHeldOut),
  );
  for (const words of [...Object.values(WORDS), namesOf(HYPERNYMS), ["not"]]) {
    const some = [...combinations].filter((pair) => pair.split("+").some((word) => words.includes(word)));
    expect(some.length, words.join(", ")).toBeGreaterThan(5);
  }
});

describe("one sentence is not enough", () => {
  test("a bag of words of the hypothesis tells at most 40 %", () => {
    expect(naiveBayesAccuracy(({ textPair }) => textPair)).toBeLessThanOrEqual(0.4);
  });

  test("a bag of words of the premise tells at most 38 %", () => {
    expect(naiveBayesAccuracy(({ text }) => text)).toBeLessThanOrEqual(0.38);
  });

  test("a bag of words of both sentences tells less than 60 %", () => {
    const marked = ({ text, textPair }: SamplePair) =>
      `${text} ${textPair
        .split(" ")
        .map((word) => `h:${word}`)
        .join(" ")}`;
    expect(naiveBayesAccuracy(marked)).toBeLessThan(0.6);
  });
});

test("captions are put in hundreds of ways", () => {
  const frames = new Set(train.flatMap(({ text, textPair }) => [frameOf(text), frameOf(textPair)]));
  expect(frames.size).toBeGreaterThan(200);
});

test("labels follow from what the sentences say", () => {
  const random = new Random(3);
  const pairs = Array.from({ length: 4000 }, () => drawTriple(random)).flat();
  for (const { sort, pattern } of PATTERNS.filter(({ sort }) => sort !== "noun")) {
    const judged = pairs.map((pair) => ({ pair, verdict: verdictOn(pattern, pair) }));
    const sure = judged.filter(({ verdict }) => verdict !== undefined);
    expect(sure.length, sort).toBeGreaterThan(500);
    for (const { pair, verdict } of sure) expect(pair.label, `${pair.text} | ${pair.textPair}`).toBe(verdict);
  }
});

test("the showcase has five pairs and every label", () => {
  expect(showcasePairs.length).toBe(5);
  expect(new Set(showcasePairs.map(({ label }) => label)).size).toBe(3);
  const known = new Set(train.flatMap(({ text, textPair }) => `${text} ${textPair}`.split(" ")));
  for (const { text, textPair } of showcasePairs) {
    for (const word of `${text} ${textPair}`.split(" ")) expect(known).toContain(word);
  }
});

/** A hypothesis that tells a word is about it. The word follows from itself and from those it covers. */
function verdictOn(words: RegExp, { text, textPair }: SamplePair): string | undefined {
  const [told, claimed] = [text, textPair].map((sentence) => sentence.match(words)?.[0]);
  if (claimed === undefined) return undefined;
  if (told === undefined) return "neutral";
  const follows = told === claimed || GROUPS.some((groups) => groups[claimed]?.includes(told));
  return follows === textPair.includes(" not ") ? "contradiction" : "entailment";
}

/** Multinomial naive Bayes with add-one smoothing, trained on the training pairs and measured on the others. */
function naiveBayesAccuracy(textOf: (pair: SamplePair) => string): number {
  const labels = ["entailment", "contradiction", "neutral"] as const;
  const counts = new Map<string, number[]>();
  const totals = [0, 0, 0];
  for (const pair of train) {
    const label = labels.indexOf(pair.label);
    for (const word of textOf(pair).split(" ")) {
      const row = counts.get(word) ?? [0, 0, 0];
      row[label]! += 1;
      totals[label]! += 1;
      counts.set(word, row);
    }
  }
  const right = held.filter((pair) => {
    const scores = labels.map((_, label) =>
      textOf(pair)
        .split(" ")
        .reduce(
          (sum, word) =>
            sum + Math.log(((counts.get(word)?.[label] ?? 0) + 1) / (totals[label]! + counts.size)),
          0,
        ),
    );
    return labels[scores.indexOf(Math.max(...scores))] === pair.label;
  });
  return right.length / held.length;
}

/** A sentence with its words of content taken out. */
function frameOf(sentence: string): string {
  return PATTERNS.reduce((text, { sort, pattern }) => text.replaceAll(pattern, sort), sentence);
}

function wordsOf(groups: Groups): string[] {
  return Object.entries(groups).flatMap(([cover, words]) => [cover, ...words]);
}

function namesOf(names: readonly Noun[]): string[] {
  return names.flatMap(({ singular, plural }) => [singular, plural]);
}

/** Of words that begin alike, it finds the longest. */
function anyOf(words: readonly string[]): RegExp {
  return new RegExp(`\\b(?:${[...words].sort((a, b) => b.length - a.length).join("|")})\\b`, "g");
}
