import { describe, expect, test } from "vitest";
import { Vocabulary } from "../text/vocabulary.js";
import { WordTokenizer } from "../text/word-tokenizer.js";
import { type EncodeOptions, TextDataset } from "./text-dataset.js";

const tokenizer = new WordTokenizer(new Vocabulary(["<pad>", "<cls>", "<sep>", "<unk>", "a", "b"]));
const pairsOf = (labels: readonly (string | undefined)[]) =>
  labels.map((label, i) => ({ text: `a${i}`, textPair: "b", label, fileName: "x.tsv", row: i + 2 }));
const encode = (labels: readonly (string | undefined)[], options: Partial<EncodeOptions> = {}) =>
  TextDataset.encode(pairsOf(labels), tokenizer, { maxLength: 9, ...options });

describe("the order of labels", () => {
  test.each([
    ["SNLI's, of those that occur", ["neutral", "entailment"], ["entailment", "neutral"]],
    ["all of SNLI's", ["neutral", "contradiction", "entailment"], ["entailment", "contradiction", "neutral"]],
    ["by code point", ["neutral", "\u{1f600}", "\ufffd", "Z"], ["Z", "neutral", "\ufffd", "\u{1f600}"]],
    ["as numbers", ["10", "2", "-1", "1"], ["-1", "1", "2", "10"]],
    ["by code point where one is no number", ["10", "2", "b"], ["10", "2", "b"]],
    [
      "names that objects have",
      ["toString", "__proto__", "constructor"],
      ["__proto__", "constructor", "toString"],
    ],
  ])("%s", async (_, labels, names) => {
    const dataset = await encode(labels);
    expect(dataset.labelNames).toEqual(names);
    expect(Array.from(dataset.labels, (id) => names[id])).toEqual(labels);
  });

  test("numbers with fractions, where they are insisted on", async () => {
    const { labelNames } = await encode(["10", "0.5", "-1.5", "2"], { manyLabels: true });
    expect(labelNames).toEqual(["-1.5", "0.5", "2", "10"]);
  });

  test("preferred ones are all there, where no other occurs", async () => {
    const preferredLabels = ["c", "a", "b"];
    expect((await encode(["a", "b"], { preferredLabels })).labelNames).toEqual(["c", "a", "b"]);
    expect((await encode(["a", "d"], { preferredLabels })).labelNames).toEqual(["a", "d"]);
  });
});

describe("what stands for no label", () => {
  test("-1 beside 0, 1, 2; blank and - always", async () => {
    const dataset = await encode(["-1", "0", "2", "-", "1", "-1", " ", undefined, "0"]);
    expect(dataset).toMatchObject({ size: 4, skipped: 5, labelNames: ["0", "1", "2"] });
    expect([...dataset.labels]).toEqual([0, 2, 1, 0]);
    expect(dataset.skippedLabels).toEqual(
      new Map([
        ["-", 1],
        [" ", 1],
        ["-1", 2],
      ]),
    );
    expect([...dataset.offsets]).toEqual([0, 5, 10, 15, 20]);
  });

  test("-1.0 beside 0.0, 1.0, 2.0, as data frames write it", async () => {
    const dataset = await encode(["0.0", "-1.0", "2.0", "1.0"]);
    expect(dataset).toMatchObject({ size: 3, skipped: 1, labelNames: ["0.0", "1.0", "2.0"] });
  });

  test.each([
    [["-1", "1"]],
    [["-1", "0", "1"]],
    [["-1", "2", "10"]],
    [["-1", "1", "2", "3"]],
    [["-1", "0", "1", "2", "x"]],
    [["-1", "0", "1", "1.0", "2"]],
  ])("but -1 is a class among %j", async (labels) => {
    const dataset = await encode(labels);
    expect(dataset).toMatchObject({ size: labels.length, skipped: 0 });
    expect(dataset.labelNames).toContain("-1");
  });

  test("named values, and no others but blank ones", async () => {
    const labels = ["-1", "0", "1", "2", "-", "?"];
    expect(await encode(labels, { noLabel: ["-"] })).toMatchObject({ size: 5, skipped: 1 });
    expect(await encode(labels, { noLabel: ["?", "-1"] })).toMatchObject({ size: 4, skipped: 2 });
    expect(await encode([...labels, ""], { noLabel: [] })).toMatchObject({ size: 6, skipped: 1 });
  });

  test("a model's labels decide where they are given", async () => {
    const three = { labels: ["0", "1", "2"] };
    expect(await encode(["0", "-1", "-"], three)).toMatchObject({ size: 1, skipped: 2 });
    expect(await encode(["0", "-1", "-"], { labels: ["-", "-1", "0"] })).toMatchObject({
      size: 3,
      skipped: 0,
    });
    expect(await encode(["0", "-1"], { labels: ["-1", "0"], noLabel: ["-1"] })).toMatchObject({ size: 1 });
    await expect(encode(["0", "-1"], { labels: ["0", "1"] })).rejects.toThrow(
      /^x\.tsv, row 3: unknown label "-1"/,
    );
  });

  test("preferred labels decide, although not all occur", async () => {
    const preferredLabels = ["0", "1", "2"];
    expect(await encode(["0", "-1", "1"], { preferredLabels })).toMatchObject({
      size: 2,
      labelNames: preferredLabels,
    });
  });

  test("pairs left out do not count for the limit", async () => {
    const dataset = await encode(["0", "1", "-1", "2", "-1", "0", "1", "2"], { limit: 5 });
    expect(dataset).toMatchObject({ size: 5, skipped: 2 });
    expect([...dataset.labels]).toEqual([0, 1, 2, 0, 1]);
  });

  test("pairs that are kept have the label -1", async () => {
    const dataset = await encode(["0", "-1", "1", "2", "-"], { unlabelled: "keep" });
    expect([...dataset.labels]).toEqual([0, -1, 1, 2, -1]);
    expect(dataset).toMatchObject({ skipped: 0, labelNames: ["0", "1", "2"] });
  });

  test("the words of pairs left out are not counted, nor are they truncated", async () => {
    const options = { maxLength: 7, minFrequency: 2 };
    const labelled = [
      { text: "one two", textPair: "one", label: "0" },
      { text: "two five", textPair: "two five six seven", label: "1" },
      { text: "four", textPair: "four", label: "2" },
    ];
    const without = { text: "one six seven eight eight eight", textPair: "four nine nine", label: "-1" };
    const expected = await TextDataset.encodeWithNewVocabulary(labelled, options);
    const found = await TextDataset.encodeWithNewVocabulary([without, ...labelled, without], options);
    expect(found.tokenizer.files()).toEqual(expected.tokenizer.files());
    expect({ ...found.dataset, skipped: 0, skippedLabels: new Map() }).toEqual({ ...expected.dataset });
    expect(found.dataset).toMatchObject({ skipped: 2, truncated: 1 });
  });
});

describe("labels that are no classes", () => {
  const distinct = (labels: number, pairs: number) =>
    Array.from({ length: pairs }, (_, i) => `l${i % labels}`);

  test("more than one in five pairs are refused, unless they are insisted on", async () => {
    await expect(encode(distinct(21, 100))).rejects.toThrow(
      /^x\.tsv: 21 different labels in 100 examples, such as "l0": .* labelColumn .* manyLabels$/,
    );
    expect((await encode(distinct(20, 100))).labelNames).toHaveLength(20);
    expect((await encode(distinct(21, 100), { manyLabels: true })).labelNames).toHaveLength(21);
    expect((await encode(distinct(50, 50))).labelNames).toHaveLength(50);
  });

  test("numbers with fractions are refused, unless they are insisted on", async () => {
    await expect(encode(["1", "0.5", "2"])).rejects.toThrow(
      /^x\.tsv: the labels are numbers with fractions, such as 0\.5/,
    );
    expect((await encode(["1.0", "2.0"])).labelNames).toEqual(["1.0", "2.0"]);
    expect((await encode(["v0.5", "0.5"])).labelNames).toEqual(["0.5", "v0.5"]);
  });

  test("200,000 of them are no trouble", async () => {
    const { labelNames } = await encode(distinct(200_000, 200_000), { manyLabels: true });
    expect(labelNames).toHaveLength(200_000);
  });
});

describe("labels as numbers", () => {
  test.each<[string, EncodeOptions["task"], string[], number[]]>([
    ["where they are asked for", "regression", ["1", "-1", "2.5e0"], [1, -1, 2.5]],
    ["where one has a fraction and that decides", "auto", ["1", "0.5", "-1"], [1, 0.5, -1]],
  ])("%s", async (_, task, labels, numbers) => {
    const dataset = await encode(labels, { task });
    expect([...dataset.numbers]).toEqual(numbers);
    expect(dataset).toMatchObject({ answers: "number", labelNames: [] });
  });

  test("but whole numbers and names are classes where the labels decide", async () => {
    expect((await encode(["1", "2"], { task: "auto" })).answers).toEqual(["1", "2"]);
    expect((await encode(["1.5", "b"], { task: "auto" })).answers).toEqual(["1.5", "b"]);
    expect((await encode(["1.5", "2"], { task: "auto", manyLabels: true })).answers).toEqual(["1.5", "2"]);
  });

  test("leave out examples without one, and refuse what is no number", async () => {
    const dataset = await encode(["1.5", "-", undefined, "2"], { task: "regression" });
    expect([...dataset.numbers]).toEqual([1.5, 2]);
    await expect(encode(["1.5", "many"], { task: "regression" })).rejects.toThrow(
      'x.tsv, row 3: "many" is no number. Name the right column as labelColumn',
    );
  });
});
