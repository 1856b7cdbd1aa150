import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import { Vocabulary } from "../text/vocabulary.js";
import { PairDataset } from "./pair-dataset.js";
import { readPairs } from "./read-pairs.js";
import type { TextPair } from "./text-pair.js";

const vocabulary = new Vocabulary(["<pad>", "<cls>", "<sep>", "<unk>", "a", "dog", "runs", "sits"]);

describe("encode", () => {
  test("packs each pair as <cls> premise <sep> hypothesis <sep>", async () => {
    const dataset = await PairDataset.encode(
      [pair("A dog runs", "Dog sits", "neutral"), pair("sits", "a purple dog", "entailment")],
      vocabulary,
      { maxLength: 128 },
    );
    expect(dataset.size).toBe(2);
    expect([...dataset.tokenIds]).toEqual([1, 4, 5, 6, 2, 5, 7, 2, 1, 7, 2, 4, 3, 5, 2]);
    expect([...dataset.offsets]).toEqual([0, 8, 15]);
    expect([...dataset.premiseLengths]).toEqual([5, 3]);
    expect([dataset.length(0), dataset.length(1)]).toEqual([8, 7]);
    expect([...dataset.ids(1)]).toEqual([1, 7, 2, 4, 3, 5, 2]);
    expect(dataset).toMatchObject({ truncated: 0, skipped: 0 });
  });

  test("shortens to maxLength, special tokens included, and counts it", async () => {
    const dataset = await PairDataset.encode(
      [pair("a dog runs", "a dog", "x"), pair("a", "dog", "y")],
      vocabulary,
      { maxLength: 6 },
    );
    expect([...dataset.ids(0)]).toEqual([1, 4, 5, 2, 4, 2]);
    expect([...dataset.premiseLengths]).toEqual([4, 3]);
    expect(dataset.truncated).toBe(1);
  });

  test("keeps the ratio of the lengths when told to, and refuses what is no truncation", async () => {
    const pairs = [pair("a dog runs a dog runs", "a dog runs", "x"), pair("a", "dog", "y")];
    const ratio = await PairDataset.encode(pairs, vocabulary, { maxLength: 6, truncation: "ratio" });
    expect([...ratio.ids(0)]).toEqual([1, 4, 5, 2, 4, 2]);
    const long = await PairDataset.encode(pairs, vocabulary, { maxLength: 9, truncation: "ratio" });
    expect([...long.ids(0)]).toEqual([1, 4, 5, 6, 4, 2, 4, 5, 2]);
    expect(long.truncated).toBe(1);
    const odd = { maxLength: 9, truncation: "odd" as "ratio" };
    await expect(PairDataset.encode(pairs, vocabulary, odd)).rejects.toThrow(/^truncation is odd;/);
  });

  test("leaves out pairs without a label and counts them, or keeps them with -1", async () => {
    const pairs = [pair("a", "a", undefined), pair("dog", "dog", "yes"), pair("runs", "runs", undefined)];
    const labelled = await PairDataset.encode(pairs, vocabulary, { maxLength: 9 });
    expect(labelled).toMatchObject({ size: 1, skipped: 2, labelNames: ["yes"] });
    const all = await PairDataset.encode(pairs, vocabulary, { maxLength: 9, unlabelled: "keep" });
    expect(all).toMatchObject({ size: 3, skipped: 0 });
    expect([...all.labels]).toEqual([-1, 0, -1]);
  });

  test("takes the first so many usable pairs and asks for no more", async () => {
    let asked = 0;
    function* endless(): Generator<TextPair> {
      for (;;) yield pair("a", "dog", asked++ % 2 === 0 ? undefined : "yes");
    }
    const dataset = await PairDataset.encode(endless(), vocabulary, { maxLength: 9, limit: 3 });
    expect(dataset).toMatchObject({ size: 3, skipped: 3 });
    expect(asked).toBe(6);
  });

  test("reads a stream of pairs", async () => {
    const source = new TextEncoder().encode("premise\thypothesis\tlabel\na\tdog\tb\nruns\tsits\ta\n");
    const dataset = await PairDataset.encode(readPairs(source, { fileName: "x.tsv" }), vocabulary, {
      maxLength: 9,
    });
    expect([...dataset.labels]).toEqual([1, 0]);
  });

  test.each([4, 5.5, Number.NaN])("refuses maxLength %d", async (maxLength) => {
    await expect(PairDataset.encode([], vocabulary, { maxLength })).rejects.toThrow(
      `maxLength is ${maxLength}; it must be a whole number of at least 5`,
    );
  });

  test("refuses a limit of 0, and data without a usable pair", async () => {
    await expect(PairDataset.encode([], vocabulary, { maxLength: 9, limit: 0 })).rejects.toThrow(
      /^limit is 0;/,
    );
    await expect(PairDataset.encode([], vocabulary, { maxLength: 9 })).rejects.toThrow(
      "there are no pairs to encode",
    );
    await expect(
      PairDataset.encode([pair("a", "b", undefined)], vocabulary, { maxLength: 9 }),
    ).rejects.toThrow(/^none of the 1 pairs read has a label/);
  });
});

describe("labels", () => {
  const encodeLabels = (labels: readonly string[], given?: readonly string[]) =>
    PairDataset.encode(
      labels.map((label, i) => ({ ...pair("a", "dog", label), fileName: "test.tsv", row: i + 2 })),
      vocabulary,
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
    await expect(PairDataset.encode(pairs, vocabulary, { maxLength: 9, labels: ["y"] })).rejects.toThrow(
      /^pair 2: unknown label "x"/,
    );
  });
});

describe("encodeWithNewVocabulary", () => {
  test("counts tokens before texts are shortened; rare ones become <unk>", async () => {
    const { dataset, vocabulary: built } = await PairDataset.encodeWithNewVocabulary(
      [pair("b once a a b", "b", "yes"), pair("b", "last last", "no")],
      { maxLength: 6, minFrequency: 2 },
    );
    expect(built.toJSON()).toEqual(["<cls>", "<mask>", "<pad>", "<sep>", "<unk>", "a", "b", "last"]);
    const words = (i: number) => Array.from(dataset.ids(i), (id) => built.token(id)).join(" ");
    expect(words(0)).toBe("<cls> b <unk> <sep> b <sep>");
    expect(words(1)).toBe("<cls> b <sep> last last <sep>");
    expect([...dataset.labels]).toEqual([1, 0]);
  });

  test("gives what encode gives with the vocabulary it built", async () => {
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
          const built = await PairDataset.encodeWithNewVocabulary(list, { maxLength, minFrequency });
          expect(built.dataset).toEqual(await PairDataset.encode(list, built.vocabulary, { maxLength }));
          for (let i = 0; i < built.dataset.size; i++) {
            expect(built.dataset.length(i)).toBeLessThanOrEqual(maxLength);
            expect(built.dataset.ids(i)[built.dataset.premiseLengths[i]! - 1]).toBe(built.vocabulary.sep);
          }
        },
      ),
    );
  });

  test("refuses a minimum frequency of 0", async () => {
    await expect(
      PairDataset.encodeWithNewVocabulary([pair("a", "b", "c")], { maxLength: 9, minFrequency: 0 }),
    ).rejects.toThrow(/^minFrequency is 0; it must be a whole number of at least 1/);
  });
});

function pair(premise: string, hypothesis: string, label: string | undefined): TextPair {
  return { premise, hypothesis, label };
}

test("a pair without one of its texts is an error that says which", async () => {
  const whole = { premise: "a dog", hypothesis: "a dog", label: "x" };
  const half = { premise: "a dog", label: "x" } as never;
  const encode = (pairs: (typeof whole)[]) =>
    PairDataset.encodeWithNewVocabulary(pairs, { maxLength: 8, minFrequency: 1 });
  await expect(encode([whole, half])).rejects.toThrow(
    "pair 2: the hypothesis is undefined; both texts of a pair have to be strings",
  );
  await expect(encode([{ ...(half as object), fileName: "x.csv", row: 9 } as never])).rejects.toThrow(
    "x.csv, row 9: the hypothesis is undefined",
  );
  await expect(encode([null as never])).rejects.toThrow("pair 1: the premise is undefined");
});
