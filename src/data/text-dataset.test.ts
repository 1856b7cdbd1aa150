import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import type { TextExample } from "../text/text-example.js";
import { Vocabulary } from "../text/vocabulary.js";
import { WordTokenizer } from "../text/word-tokenizer.js";
import { readExamples } from "./read-examples.js";
import { TextDataset } from "./text-dataset.js";

const tokenizer = new WordTokenizer(
  new Vocabulary(["<pad>", "<cls>", "<sep>", "<unk>", "a", "dog", "runs", "sits"]),
);

describe("encode", () => {
  test("packs each pair as <cls> premise <sep> hypothesis <sep>", async () => {
    const dataset = await TextDataset.encode(
      [pair("A dog runs", "Dog sits", "neutral"), pair("sits", "a purple dog", "entailment")],
      tokenizer,
      { maxLength: 128 },
    );
    expect(dataset.size).toBe(2);
    expect([...dataset.tokenIds]).toEqual([1, 4, 5, 6, 2, 5, 7, 2, 1, 7, 2, 4, 3, 5, 2]);
    expect([...dataset.offsets]).toEqual([0, 8, 15]);
    expect([...dataset.firstLengths]).toEqual([5, 3]);
    expect([dataset.length(0), dataset.length(1)]).toEqual([8, 7]);
    expect([...dataset.ids(1)]).toEqual([1, 7, 2, 4, 3, 5, 2]);
    expect(dataset).toMatchObject({ truncated: 0, skipped: 0 });
  });

  test("shortens to maxLength, special tokens included, and counts it", async () => {
    const dataset = await TextDataset.encode(
      [pair("a dog runs", "a dog", "x"), pair("a", "dog", "y")],
      tokenizer,
      { maxLength: 6 },
    );
    expect([...dataset.ids(0)]).toEqual([1, 4, 5, 2, 4, 2]);
    expect([...dataset.firstLengths]).toEqual([4, 3]);
    expect(dataset.truncated).toBe(1);
  });

  test("keeps the ratio of the lengths when told to, and refuses what is no truncation", async () => {
    const pairs = [pair("a dog runs a dog runs", "a dog runs", "x"), pair("a", "dog", "y")];
    const ratio = await TextDataset.encode(pairs, tokenizer, { maxLength: 6, truncation: "ratio" });
    expect([...ratio.ids(0)]).toEqual([1, 4, 5, 2, 4, 2]);
    const long = await TextDataset.encode(pairs, tokenizer, { maxLength: 9, truncation: "ratio" });
    expect([...long.ids(0)]).toEqual([1, 4, 5, 6, 4, 2, 4, 5, 2]);
    expect(long.truncated).toBe(1);
    const odd = { maxLength: 9, truncation: "odd" as "ratio" };
    await expect(TextDataset.encode(pairs, tokenizer, odd)).rejects.toThrow(/^truncation is odd;/);
  });

  test("leaves out pairs without a label and counts them, or keeps them with -1", async () => {
    const pairs = [pair("a", "a", undefined), pair("dog", "dog", "yes"), pair("runs", "runs", undefined)];
    const labelled = await TextDataset.encode(pairs, tokenizer, { maxLength: 9 });
    expect(labelled).toMatchObject({ size: 1, skipped: 2, labelNames: ["yes"] });
    const all = await TextDataset.encode(pairs, tokenizer, { maxLength: 9, unlabelled: "keep" });
    expect(all).toMatchObject({ size: 3, skipped: 0 });
    expect([...all.labels]).toEqual([-1, 0, -1]);
  });

  test("takes the first so many usable pairs and asks for no more", async () => {
    let asked = 0;
    function* endless(): Generator<TextExample> {
      for (;;) yield pair("a", "dog", asked++ % 2 === 0 ? undefined : "yes");
    }
    const dataset = await TextDataset.encode(endless(), tokenizer, { maxLength: 9, limit: 3 });
    expect(dataset).toMatchObject({ size: 3, skipped: 3 });
    expect(asked).toBe(6);
  });

  test("reads a stream of pairs", async () => {
    const source = new TextEncoder().encode("premise\thypothesis\tlabel\na\tdog\tb\nruns\tsits\ta\n");
    const dataset = await TextDataset.encode(readExamples(source, { fileName: "x.tsv" }), tokenizer, {
      maxLength: 9,
    });
    expect([...dataset.labels]).toEqual([1, 0]);
  });

  test.each([
    [4, [pair("a", "dog", "x")], 5],
    [5.5, [], 3],
    [2, [{ text: "a" }], 3],
    [Number.NaN, [], 3],
  ])("refuses maxLength %d", async (maxLength, examples, least) => {
    await expect(TextDataset.encode(examples, tokenizer, { maxLength })).rejects.toThrow(
      `maxLength is ${maxLength}; it must be a whole number of at least ${least}`,
    );
  });

  test("refuses a limit of 0, and data without a usable pair", async () => {
    await expect(TextDataset.encode([], tokenizer, { maxLength: 9, limit: 0 })).rejects.toThrow(
      /^limit is 0;/,
    );
    await expect(TextDataset.encode([], tokenizer, { maxLength: 9 })).rejects.toThrow(
      "there are no examples to encode",
    );
    await expect(
      TextDataset.encode([pair("a", "b", undefined)], tokenizer, { maxLength: 9 }),
    ).rejects.toThrow(/^none of the 1 examples read has a label/);
  });
});

describe("labels", () => {
  const encodeLabels = (labels: readonly string[], given?: readonly string[]) =>
    TextDataset.encode(
      labels.map((label, i) => ({ ...pair("a", "dog", label), fileName: "test.tsv", row: i + 2 })),
      tokenizer,
      { maxLength: 9, labels: given },
    );

  test("a given order is kept; a label outside it is an error that says where and what is known", async () => {
    const dataset = await encodeLabels(["yes"], ["yes", "no"]);
    expect(dataset.labelNames).toEqual(["yes", "no"]);
    const failure = encodeLabels(["no", "perhaps"], ["yes", "no"]);
    await expect(failure).rejects.toThrow(
      new TunebertError(
        'test.tsv, row 3: unknown label "perhaps"; known labels: yes, no. ' +
          "Where it stands for no label, name it as noLabel",
        { option: "noLabel" },
      ),
    );
  });

  test("a pair that comes from no file is named by its place", async () => {
    const pairs = [pair("a", "a", undefined), pair("a", "a", "x")];
    await expect(TextDataset.encode(pairs, tokenizer, { maxLength: 9, labels: ["y"] })).rejects.toThrow(
      /^example 2: unknown label "x"/,
    );
  });
});

describe("encodeWithNewVocabulary", () => {
  test("counts tokens before texts are shortened; rare ones become <unk>", async () => {
    const {
      dataset,
      tokenizer: { vocabulary: built },
    } = await TextDataset.encodeWithNewVocabulary(
      [pair("b once a a b", "b", "yes"), pair("b", "last last", "no")],
      { maxLength: 6, minFrequency: 2 },
    );
    expect(built.toJSON()).toEqual(["<cls>", "<mask>", "<pad>", "<sep>", "<unk>", "a", "b", "last"]);
    const words = (i: number) => Array.from(dataset.ids(i), (id) => built.token(id)).join(" ");
    expect(words(0)).toBe("<cls> b <unk> <sep> b <sep>");
    expect(words(1)).toBe("<cls> b <sep> last last <sep>");
    expect([...dataset.labels]).toEqual([1, 0]);
  });

  test("gives what encode gives with the tokenizer it built", async () => {
    const text = fc
      .array(fc.constantFrom("a", "B", "cat", "<sep>", "<unk>", "été", "\u{1f600}"), { maxLength: 12 })
      .map((words) => words.join(" "));
    const label = fc.constantFrom("z", "neutral", "a", undefined);
    const pairs = fc
      .array(fc.tuple(text, text, label).map(([p, h, l]) => pair(p, h, l)))
      .map((list) => [pair("a", "b", "z"), ...list]);
    await fc.assert(
      fc.asyncProperty(
        pairs,
        fc.integer({ min: 5, max: 20 }),
        fc.integer({ min: 1, max: 3 }),
        async (list, maxLength, minFrequency) => {
          const built = await TextDataset.encodeWithNewVocabulary(list, { maxLength, minFrequency });
          expect(built.dataset).toEqual(await TextDataset.encode(list, built.tokenizer, { maxLength }));
          for (let i = 0; i < built.dataset.size; i++) {
            expect(built.dataset.length(i)).toBeLessThanOrEqual(maxLength);
            expect(built.dataset.ids(i)[built.dataset.firstLengths[i]! - 1]).toBe(
              built.tokenizer.vocabulary.sep,
            );
          }
        },
      ),
    );
  });

  test("refuses a minimum frequency of 0", async () => {
    await expect(
      TextDataset.encodeWithNewVocabulary([pair("a", "b", "c")], { maxLength: 9, minFrequency: 0 }),
    ).rejects.toThrow(/^minFrequency is 0; it must be a whole number of at least 1/);
  });
});

function pair(text: string, textPair: string, label: string | undefined): TextExample {
  return { text, textPair, label };
}

test("an example without one of its texts is an error that says which", async () => {
  const whole = { text: "a dog", textPair: "a dog", label: "x" };
  const encode = (examples: unknown[]) =>
    TextDataset.encodeWithNewVocabulary(examples as TextExample[], { maxLength: 8, minFrequency: 1 });
  await expect(encode([whole, { premise: "a dog" }])).rejects.toThrow(
    "example 2: text is undefined; it must be a string",
  );
  await expect(encode([{ ...whole, textPair: 1, fileName: "x.csv", row: 9 }])).rejects.toThrow(
    "x.csv, row 9: textPair is 1; it must be a string",
  );
  await expect(encode([null])).rejects.toThrow("example 1: text is undefined");
});

describe("single texts", () => {
  const single = (text: string, label?: string): TextExample => ({ text, label });

  test("are packed as <cls> text <sep>, all of segment 0, and shortened from their end", async () => {
    const dataset = await TextDataset.encode(
      [single("A dog runs", "x"), single("dog", "y"), single("", "x")],
      tokenizer,
      { maxLength: 4 },
    );
    expect([...dataset.tokenIds]).toEqual([1, 4, 5, 2, 1, 5, 2, 1, 2]);
    expect([...dataset.firstLengths]).toEqual([4, 3, 2]);
    expect(dataset).toMatchObject({ texts: 1, size: 3, truncated: 1 });
    const pairs = await TextDataset.encode([pair("a", "", "x")], tokenizer, { maxLength: 5 });
    expect([...pairs.ids(0)]).toEqual([1, 4, 2, 2]);
    expect(pairs.texts).toBe(2);
  });

  test("are encoded alike with a new vocabulary and with the tokenizer that came of it", async () => {
    const labels = ["1", "-1", "0", "2"];
    const examples = ["a a b", "c c", "a dog", "b"].map((text, i) => single(text, labels[i]!));
    const built = await TextDataset.encodeWithNewVocabulary(examples, { maxLength: 9, minFrequency: 2 });
    const { dataset, tokenizer } = built;
    expect(tokenizer.vocabulary.toJSON().slice(5)).toEqual(["a", "b"]); // -1 is no label, so c is not counted
    expect(dataset).toEqual(await TextDataset.encode(examples, tokenizer, { maxLength: 9 }));
    expect(dataset).toMatchObject({ texts: 1, size: 3, skipped: 1 });
  });

  test("do not mix with pairs, nor go to a model of pairs", async () => {
    const [one, two] = [single("a", "x"), pair("a", "dog", "y")];
    const encode = (examples: TextExample[], texts?: 1 | 2) =>
      TextDataset.encode(examples, tokenizer, { maxLength: 9, texts });
    await expect(encode([one, two])).rejects.toThrow(
      "example 2: two texts, but one in the examples before it; give all as many",
    );
    await expect(encode([two, { ...one, fileName: "x.csv", row: 3 }])).rejects.toThrow(
      "x.csv, row 3: one text, but two in the examples before it; give all as many",
    );
    await expect(encode([one], 2)).rejects.toThrow("example 1: one text, but the model is one of pairs");
    await expect(encode([two], 1)).rejects.toThrow(
      "example 1: two texts, but the model is one of single texts; give one text",
    );
  });
});
