import { describe, expect, test } from "vitest";
import type { TextExample } from "../text/text-example.js";
import { Vocabulary } from "../text/vocabulary.js";
import { WordTokenizer } from "../text/word-tokenizer.js";
import { multiHot } from "./label-sets.js";
import { type ReadExamplesOptions, readExamples } from "./read-examples.js";
import { type EncodeOptions, TextDataset } from "./text-dataset.js";

const tokenizer = new WordTokenizer(new Vocabulary(["<pad>", "<cls>", "<sep>", "<unk>", "a"]));
const encode = (labels: readonly TextExample["label"][], options: Partial<EncodeOptions> = {}) =>
  TextDataset.encode(
    labels.map((label, i) => ({ text: "a", label, fileName: "x.jsonl", row: i + 1 })),
    tokenizer,
    { maxLength: 9, task: "auto", ...options },
  );

async function read(fileName: string, text: string, options: Partial<ReadExamplesOptions> = {}) {
  const labels: TextExample["label"][] = [];
  const source = new TextEncoder().encode(text);
  for await (const { label } of readExamples(source, { fileName, ...options })) labels.push(label);
  return labels;
}

describe("lists of labels", () => {
  test("are sets, whatever their order; an empty one is a set too, and none is none", async () => {
    const dataset = await encode([["b", "a"], ["a", "b", "b"], [], undefined, ["c"]]);
    expect(dataset).toMatchObject({ size: 4, skipped: 1, labelNames: ["a", "b", "c"] });
    expect(dataset.answers).toEqual({ anyOf: ["a", "b", "c"] });
    expect(dataset.labelCounts).toEqual([2, 2, 1]);
    expect([...multiHot(dataset)]).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1]);
  });

  test("may be of labels that a model knows, and of no others", async () => {
    const options = { task: "multi-label" as const, labels: ["c", "b", "a"] };
    const dataset = await encode([["a"], "b"], options);
    expect([...multiHot(dataset)]).toEqual([0, 0, 1, 0, 1, 0]);
    await expect(encode([["a", "d"]], options)).rejects.toThrow(/x.jsonl, row 1: unknown label "d"/);
  });

  test("are refused beside single labels, and where one label is to be learnt", async () => {
    await expect(encode(["a", ["b"]])).rejects.toThrow("x.jsonl, row 2: a list of labels, but one label in");
    await expect(encode([["a"]], { task: "classification" })).rejects.toThrow(
      "x.jsonl, row 1: a list of labels, but task is classification; learn any labels with task multi-label",
    );
    await expect(encode([[], []])).rejects.toThrow("x.jsonl: no example has a label");
  });
});

describe("a file", () => {
  test("has lists in JSON lines", async () => {
    const rows = [["x", 2, true], [], "x", null].map((label) => JSON.stringify({ text: "a", label }));
    expect(await read("x.jsonl", rows.join("\n"))).toEqual([["x", "2", "true"], [], "x", undefined]);
    await expect(read("x.jsonl", '{"text": "a", "label": [["x"]]}')).rejects.toThrow(
      'x.jsonl, row 1: "label" must be a string, a number, true or false, or a list of these',
    );
  });

  test("has labels in one cell with something between", async () => {
    const options = { labelSeparator: "," };
    expect(await read("x.tsv", "text\tlabel\na\tx, y\na\tx\na\t\na\t,", options)).toEqual([
      ["x", "y"],
      ["x"],
      undefined,
      [],
    ]);
    expect(await read("x.csv", 'text,label\na,"x,y"\n', options)).toEqual([["x", "y"]]);
    expect(await read("x.jsonl", '{"text": "a", "label": "x,y"}\n', options)).toEqual([["x", "y"]]);
  });

  test("has numbers for names, alone or several; names stand for themselves, and -1 for none", async () => {
    const options = { labelNames: ["joy", "5", "fear"] };
    expect(await read("x.csv", "text,label\na,2\na,joy\na,-1\na,0.0\na,5\na,7\n", options)).toEqual([
      ...["fear", "joy", undefined, "joy", "5", "7"],
    ]);
    const rows = '{"text": "a", "label": [0, "fear", -1]}\n{"text": "a", "label": 1}\n';
    expect(await read("x.jsonl", rows, options)).toEqual([["joy", "fear"], "5"]);
    expect(await read("x.tsv", "text\tlabel\na\t0,2", { ...options, labelSeparator: "," })).toEqual([
      ["joy", "fear"],
    ]);
  });

  test("has a column for each label", async () => {
    const options = { labelColumns: ["toxic", "3"] };
    const rows = ["text,Toxic,rude", "a,1,0", "a,0.0,TRUE", "a,0,0", "a,-1,-1", "a,,"];
    const expected = [["Toxic"], ["rude"], [], undefined, undefined];
    expect(await read("x.csv", rows.join("\n"), options)).toEqual(expected);
    expect(await read("x.tsv", rows.join("\n").replaceAll(",", "\t"), options)).toEqual(expected);
    const json = '{"text": "a", "Toxic": true, "rude": 0}';
    expect(await read("x.jsonl", json, options)).toEqual([["Toxic"]]);
    await expect(read("x.csv", "text,toxic,rude\na,1,2\n", options)).rejects.toThrow(
      'x.csv, row 2: the column "rude" holds "2"; a column of labelColumns tells by 1 or 0',
    );
    await expect(read("x.csv", "text,rude\na,1\n", options)).rejects.toThrow(/no column "toxic"/);
  });
});
