import { describe, expect, test } from "vitest";
import { Random } from "../../random.js";
import { combinationsIn, hasHeldOut, isHeldOut } from "./combinations.js";
import { generateSamplePairs, type SamplePair, showcasePairs } from "./sample-pairs.js";
import { drawTriple } from "./triple.js";

const { train, test: held } = generateSamplePairs(1);

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
  const some = (pattern: RegExp) =>
    [...combinations].filter((combination) => pattern.test(combination)).length;
  expect(some(/^(two|three|four|five)\+/)).toBeGreaterThan(5);
  expect(some(/^(red|blue|green|black|white|brown)\+/)).toBeGreaterThan(5);
  expect(some(/^not\+|\+not$/)).toBeGreaterThan(2);
  expect(some(/^(person|people|animals?|vehicles?)\+/)).toBeGreaterThan(2);
  expect(
    some(/\+(running|walking|jumping|sleeping|sitting|turning|racing|waiting|parked|moving|resting)$/),
  ).toBeGreaterThan(5);
  expect(some(/\+(in|at|on) the /)).toBeGreaterThan(5);
});

describe("one sentence is not enough", () => {
  test("a bag of words of the hypothesis tells at most 40 %", () => {
    expect(naiveBayesAccuracy(({ textPair }) => textPair)).toBeLessThanOrEqual(0.4);
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
  const judged = pairs.map((pair) => ({ pair, verdict: verdictOnColour(pair) ?? verdictOnNumber(pair) }));
  const sure = judged.filter(({ verdict }) => verdict !== undefined);
  expect(sure.length).toBeGreaterThan(500);
  for (const { pair, verdict } of sure) expect(pair.label, `${pair.text} | ${pair.textPair}`).toBe(verdict);
});

test("the showcase has five pairs and every label", () => {
  expect(showcasePairs.length).toBe(5);
  expect(new Set(showcasePairs.map(({ label }) => label)).size).toBe(3);
  const known = new Set(train.flatMap(({ text, textPair }) => `${text} ${textPair}`.split(" ")));
  for (const { text, textPair } of showcasePairs) {
    for (const word of `${text} ${textPair}`.split(" ")) expect(known).toContain(word);
  }
});

const COLOURS = ["red", "blue", "green", "black", "white", "brown"];
const NUMBERS = ["two", "three", "four", "five"];

/** A hypothesis with a colour is about the colour. */
function verdictOnColour(pair: SamplePair): string | undefined {
  return verdictOn(COLOURS, pair);
}

/** A hypothesis with a number and nothing else is about the number, if both speak of the same. */
function verdictOnNumber(pair: SamplePair): string | undefined {
  const noun = pair.textPair.split(" ").at(-2)!;
  const covers = /^(people|animals|vehicles)$/.test(noun);
  return covers || pair.text.split(" ").includes(noun) ? verdictOn(NUMBERS, pair) : undefined;
}

function verdictOn(words: string[], { text, textPair }: SamplePair): string | undefined {
  const claimed = textPair.split(" ").find((word) => words.includes(word));
  if (claimed === undefined) return undefined;
  const told = text.split(" ").find((word) => words.includes(word));
  if (told === undefined) return "neutral";
  return told === claimed ? "entailment" : "contradiction";
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
  const lists: [RegExp, string][] = [
    [/ (red|blue|green|black|white|brown) /g, " COLOUR "],
    [/(^| )(two|three|four|five) /g, "$1NUMBER "],
    [/\b(in|at|on) the (park|beach|street|bridge|kitchen|barn|garage)\b/g, "PLACE"],
    [/ \w+(ing|parked) /g, " ACTION "],
    [/ parked /g, " ACTION "],
  ];
  const nouns =
    /\b(man|men|woman|women|boys?|girls?|farmers?|singers?|dogs?|cats?|horses?|rabbits?|goats?|ducks?|cars?|trucks?|bus|buses|vans?|person|people|animals?|vehicles?)\b/g;
  return lists
    .reduce((text, [pattern, name]) => text.replaceAll(pattern, name), sentence)
    .replaceAll(nouns, "NOUN");
}
