import { expect, test } from "vitest";
import { Vocabulary } from "../text/vocabulary.js";
import { WordTokenizer } from "../text/word-tokenizer.js";
import { labelNotes, skippedNote } from "./label-notes.js";
import { TextDataset } from "./text-dataset.js";

const tokenizer = new WordTokenizer(new Vocabulary(["<pad>", "<cls>", "<sep>", "<unk>"]));

async function notes(labels: string[], options: { noLabel?: string[]; preferredLabels?: string[] } = {}) {
  const pairs = labels.map((label) => ({ text: "a", textPair: "b", label }));
  const dataset = await TextDataset.encode(pairs, tokenizer, { maxLength: 9, ...options });
  return { notes: labelNotes(dataset, options.noLabel), skipped: skippedNote(dataset) };
}

test("nothing is said of ordinary labels", async () => {
  expect((await notes(["yes", "no", "10", "1"])).notes).toEqual([]);
});

test("what -1 was taken for is said, unless it was told", async () => {
  expect(await notes(["-1", "0", "1", "2", "-", "", "-1"])).toEqual({
    notes: ["-1 stands for no label beside 0, 1, 2; with --no-label - it is a label"],
    skipped: '4 skipped without a label: "-" and "-1"',
  });
  expect((await notes(["-1", "1"])).notes).toEqual([
    "-1 is one of the labels; with --no-label -1 it stands for none",
  ]);
  for (const noLabel of [["-"], ["-1"]]) {
    expect((await notes(["-1", "0", "1", "2"], { noLabel })).notes).toEqual([]);
  }
});

test("labels that look alike are named with their counts", async () => {
  const labels = ["yes", "Yes", "no", "no ", "no", "1", "1.0", "__proto__", "__PROTO__"];
  expect((await notes(labels)).notes).toEqual([
    "labels that differ only in case, space or spelling of a number are labels of their own: " +
      '"1" (1 example) and "1.0" (1 example); "Yes" (1 example) and "yes" (1 example); ' +
      '"__PROTO__" (1 example) and "__proto__" (1 example); "no" (2 examples) and "no " (1 example). ' +
      "If they mean the same, write them alike in the file",
  ]);
  const many = Array.from({ length: 14 }, (_, i) => (i % 2 === 0 ? `label${i}` : `LABEL${i - 1}`));
  expect((await notes(many)).notes[0]).toMatch(/; 2 more such sets\. If they mean/);
});

test("labels of a model that no pair has are named", async () => {
  expect((await notes(["a"], { preferredLabels: ["a", "b", "c"] })).notes).toEqual([
    "no training example has these labels of the model: b, c",
  ]);
});
