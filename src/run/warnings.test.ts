import { describe, expect, test } from "vitest";
import { sampleRun } from "../../test/support/sample-run.js";
import { TextDataset } from "../data/text-dataset.js";
import { Vocabulary } from "../text/vocabulary.js";
import { WordTokenizer } from "../text/word-tokenizer.js";
import { runOptions } from "./options.js";
import { dataWarnings, outcomeWarnings } from "./warnings.js";

const tokenizer = new WordTokenizer(
  Vocabulary.build(
    ["a", "b", "c"].map((word) => [word, 1] as const),
    1,
  ),
);

/** Examples of the words of a text each, which have these labels in turn. */
function encode(texts: readonly string[], { labels = ["no", "yes"], maxLength = 32 } = {}) {
  const examples = texts.map((text, i) => ({ text, label: labels[i % labels.length]! }));
  return TextDataset.encode(examples, tokenizer, { maxLength, labels: ["no", "yes"] });
}

const many = Array.from({ length: 400 }, (_, i) => `a ${"b ".repeat(i % 20)} c`);
const record = { name: "x.csv", pairs: 1, skipped: 0, truncated: 0 };
const options = runOptions({ batchSize: 4, epochs: 5, threads: 1 });

async function warningsOf(
  train: readonly string[],
  test?: readonly string[],
  {
    given = options,
    files = record,
    ...how
  }: { given?: typeof options; files?: object; labels?: string[]; maxLength?: number } = {},
) {
  const sets = {
    train: await encode(train, how),
    validation: undefined,
    test: test && (await encode(test, how)),
  };
  const records = { train: { ...record, ...files }, validation: undefined, test: { ...record, ...files } };
  return dataWarnings(sets, records, given, tokenizer.unknown);
}

describe("of the examples", () => {
  test("there are none where all is well", async () => {
    expect(await warningsOf(many, ["b c a", "c c b"])).toEqual([]);
  });

  test.each<[string, () => Promise<string[]>, RegExp]>([
    [
      "few steps",
      () => warningsOf(many, undefined, { given: { ...options, batchSize: 400 } }),
      /^only 5 steps of training/,
    ],
    [
      "unknown words",
      () => warningsOf(many, ["x y", "z a"]),
      /^75\.0 % of the words of the test examples are unknown/,
    ],
    [
      "truncated texts",
      () => warningsOf(many, undefined, { maxLength: 8 }),
      /^\d\d\.\d % of the training examples lose/,
    ],
    [
      "empty texts",
      () => warningsOf([...many, "", " "]),
      /^2 examples of the training examples have an empty text/,
    ],
    [
      "the same file",
      () => warningsOf(many, many, { files: { sha256: "ab" } }),
      /^the training examples are the test examples too/,
    ],
    [
      "shared examples",
      () => warningsOf(many, ["a b c", "b c a"]),
      /^1 test example of 2 is a training example too/,
    ],
    [
      "lopsided labels",
      () => warningsOf(many, undefined, { labels: [...Array<string>(11).fill("yes"), "no"] }),
      /^yes has 367 training examples, no 33: .*--class-weights balanced/,
    ],
  ])("%s", async (_, warn, message) => {
    expect(await warn()).toEqual([expect.stringMatching(message)]);
  });

  test("unknown words are no sign of shared examples", async () => {
    expect(await warningsOf(["x y", "z", ...many], ["u v", "a c a c a c a c a c"])).toEqual([]);
  });
});

describe("of the outcome", () => {
  const { evaluation } = sampleRun;

  test("an accuracy that is not above the majority's share", () => {
    expect(outcomeWarnings(sampleRun)).toEqual([
      expect.stringMatching(
        /^the accuracy on the test examples, 50\.0 %, is not above .* label, 50\.0 %: train for more --epochs/,
      ),
    ]);
    expect(outcomeWarnings({ ...sampleRun, evaluation: { ...evaluation!, accuracy: 0.51 } })).toEqual([]);
  });

  test("guesses no nearer than the mean", () => {
    const regression = {
      data: "test",
      examples: 9,
      meanSquaredError: 2,
      meanAbsoluteError: 1,
      pearson: 0,
      spearman: 0,
    } as const;
    const run = { ...sampleRun, evaluation: undefined };
    expect(outcomeWarnings({ ...run, regression: { ...regression, variance: 2 } })).toHaveLength(1);
    expect(outcomeWarnings({ ...run, regression: { ...regression, variance: 2.1 } })).toEqual([]);
  });
});
