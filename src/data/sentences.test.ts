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

test("a heading tells WikiText from the others, a tab groups from sentences", async () => {
  expect(await read("a\tb\n = Dogs = \nc . d\n")).toEqual([["c", "d"]]);
  expect(await read("a . b\nc\n")).toEqual([["a . b", "c"]]);
  expect(await read("a\nb\tc\nd\n")).toEqual([["a"], ["b", "c"], ["d"]]);
  for (const line of ["=a . b=", "= a . b", "a . b =", "x = y . z = w"]) {
    expect(await read(`${line}\nc\n`), line).toEqual([[line, "c"]]);
    // Nor are they headings in WikiText.
    expect(await read(`${line}\n`, "wikitext"), line).toEqual([line.split(" . ")]);
  }
});

test("a heading is no paragraph, whatever it holds", async () => {
  expect(await read(" = = Dr . Who = = \n = One . Two = \r\nHe came . He went .\n")).toEqual([
    ["He came", "He went ."],
  ]);
});

test("what its first lines look like a file is to its end", async () => {
  const start = "a . b\n".repeat(20_000);
  const sentences = await read(`${start} = Dogs = \nx\ty\n`);
  expect(sentences.flat().slice(-2)).toEqual(["= Dogs =", "x\ty"]);
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
  await expect(read(Uint8Array.of(0x61, 0x0a, 0xff, 0x0a))).rejects.toThrow(
    "text.txt, line 2: not valid UTF-8; save the file as UTF-8",
  );
  const long = Buffer.concat([Buffer.from("word .\n".repeat(40_000)), Buffer.of(0xc3, 0x0a)]);
  await expect(read(long)).rejects.toThrow("text.txt, line 40001: not valid UTF-8");
  await expect(read(gzipSync(long))).rejects.toThrow("not valid UTF-8");
});

test("a file of no words has no sentences; a mark of the encoding is none", async () => {
  for (const text of ["", "\n", " \n\r\n\t\n"]) expect(await read(text), JSON.stringify(text)).toEqual([]);
  expect(await read("\ufeffa dog\nruns")).toEqual([["a dog", "runs"]]);
  expect(await read(Uint8Array.from(Buffer.from("\ufeffa dog\nruns", "utf16le")))).toEqual([
    ["a dog", "runs"],
  ]);
});

test("which form it is, is told before the first sentence", async () => {
  const told: string[] = [];
  const groups = readSentences(bytes("a\tb\nc\n"), {
    fileName: "x",
    onFormat: (format) => told.push(format),
  });
  expect(told).toEqual([]);
  await groups.next();
  expect(told).toEqual(["groups"]);
});
