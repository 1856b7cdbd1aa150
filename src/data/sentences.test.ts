import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readSentences, type TextFormat } from "./sentences.js";

const bytes = (text: string) => new TextEncoder().encode(text);

async function read(text: string | Uint8Array, format?: TextFormat): Promise<string[][]> {
  const source = typeof text === "string" ? bytes(text) : text;
  const groups: string[][] = [];
  for await (const group of readSentences(source, { fileName: "text.txt", format })) groups.push(group);
  return groups;
}

test("one sentence a line, with blank lines between paragraphs", async () => {
  const paragraphs = [["a dog runs .", "it barks ."], ["a cat sleeps ."]];
  expect(await read("a dog runs .\nit barks .\n\n\na cat sleeps .\n")).toEqual(paragraphs);
  expect(await read("\n a dog runs . \r\nit barks .\r\n \r\na cat sleeps .")).toEqual(paragraphs);
  expect(await read(gzipSync("a dog runs .\nit barks .\n\na cat sleeps ."))).toEqual(paragraphs);
});

test("WikiText: a paragraph a line, without headings and paragraphs of one sentence", async () => {
  const text =
    " = Dogs = \n \n Dogs bark . They run . \n Cats do not . \n = = Food = = \n They eat . They drink . Both \n";
  expect(await read(text)).toEqual([
    ["Dogs bark", "They run ."],
    ["They eat", "They drink", "Both"],
  ]);
});

test("groups: sentences that belong together between tabs", async () => {
  expect(await read("a man runs .\ta person moves .\nalone\n\nx\t\t y \t\n")).toEqual([
    ["a man runs .", "a person moves ."],
    ["alone"],
    ["x", "y"],
  ]);
});

test("what the lines look like is overruled", async () => {
  expect(await read("a . b .\nc\n", "wikitext")).toEqual([["a", "b ."]]);
  expect(await read("a\tb\nc\n", "sentences")).toEqual([["a\tb", "c"]]);
  expect(await read("a\nb\n", "groups")).toEqual([["a"], ["b"]]);
});

test("a file without a blank line comes in parts", async () => {
  const parts = await read("word .\n".repeat(25_000));
  expect(parts.map(({ length }) => length)).toEqual([10_000, 10_000, 5_000]);
});

test("what is not UTF-8 is refused with its place", async () => {
  await expect(read(Uint8Array.of(0x61, 0x0a, 0xff, 0x0a))).rejects.toThrow(/text\.txt.*UTF-8/);
});
