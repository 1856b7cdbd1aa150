import { describe, expect, test } from "vitest";
import type { TextExample } from "../text/text-example.js";
import { type ReadExamplesOptions, readExamples } from "./read-examples.js";

type Options = Partial<ReadExamplesOptions>;

async function read(text: string, fileName: string, options: Options = {}): Promise<TextExample[]> {
  const pairs: TextExample[] = [];
  const bytes = new TextEncoder().encode(text);
  for await (const pair of readExamples(bytes, { ...options, fileName })) pairs.push(pair);
  return pairs;
}

async function texts(text: string, fileName: string, options: Options = {}) {
  return (await read(text, fileName, options)).map(({ text, textPair, label }) => [text, textPair, label]);
}

const EXPECTED = [
  ["A b", "c\u2028d", "x"],
  ["e", "f", "y"],
  ["g", "h", "x"],
];

const FORMS: Readonly<Record<string, readonly string[]>> = {
  "a.tsv": ["premise\thypothesis\tlabel", ...EXPECTED.map((cells) => cells.join("\t"))],
  "a.csv": ["premise,hypothesis,label", ...EXPECTED.map((cells) => cells.join(","))],
  "a.jsonl": EXPECTED.map(([text, textPair, label]) => JSON.stringify({ text, textPair, label })),
};

describe.each(Object.entries(FORMS))("%s", (fileName, rows) => {
  test.each([
    ["LF", "\n"],
    ["CR LF", "\r\n"],
    ["CR", "\r"],
    ["CR CR LF", "\r\r\n"],
  ])("with line ends %s, blank rows, and the last row ended or not", async (_, end) => {
    const [first, ...others] = rows;
    const written = [" ", first, "", "   ", ...others].join(end);
    for (const last of ["", end, `${end}${end}`]) {
      const pairs = await read(written + last, fileName);
      expect(pairs.map(({ text, textPair, label }) => [text, textPair, label])).toEqual(EXPECTED);
      const firstRow = fileName === "a.jsonl" ? [2, 5, 6] : [5, 6, 7];
      expect(pairs.map(({ row }) => row)).toEqual(firstRow);
    }
  });

  test("with line ends of several makes", async () => {
    const ends = ["\r", "\n", "\r\r\n", "\r\n"];
    const written = rows.map((row, i) => row + ends[i % ends.length]).join("");
    expect(await texts(written, fileName)).toEqual(EXPECTED);
  });

  test("with a byte order mark", async () => {
    expect(await texts(`\ufeff${rows.join("\n")}`, fileName)).toEqual(EXPECTED);
  });

  test("under a name that ends in .gz, packed or not", async () => {
    expect(await texts(rows.join("\n"), `${fileName}.GZ`)).toEqual(EXPECTED);
  });
});

test("a file of CSV whose lines end with CR is cut into blocks", async () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => `premise ${i},"h\r${i}"`);
  const pairs = await read(["premise,hypothesis", ...rows].join("\r"), "a.csv");
  expect(pairs.length).toBe(20_000);
  expect(pairs[19_999]).toMatchObject({ text: "premise 19999", textPair: "h\r19999", row: 20_001 });
});

describe("the delimiter", () => {
  const PAIRS = [["a, b", "c; d", "x"]];

  test.each([",", ";", "\t", "|"])("%j is told from the header of a .csv", async (delimiter) => {
    const header = ["premise", "hypothesis", "label"].join(delimiter);
    expect(await texts(`${header}\n${['"a, b"', '"c; d"', "x"].join(delimiter)}\n`, "a.csv")).toEqual(PAIRS);
  });

  test.each([",", ";", "|"])(
    "%j is told from the header of a .txt, whose quotes are read then",
    async (delimiter) => {
      const header = ["premise", "hypothesis", "label"].join(delimiter);
      expect(await texts(`${header}\n${['"a, b"', '"c; d"', "x"].join(delimiter)}\n`, "a.txt")).toEqual(
        PAIRS,
      );
    },
  );

  test("is the usual one wherever the columns are found with it", async () => {
    const csv = "premise,hypothesis,a;b|c\nd;e,f|g,h\n";
    expect(await texts(csv, "a.csv")).toEqual([["d;e", "f|g", undefined]]);
    const tsv = "premise\thypothesis\tx,y\na,b\tc\td\n";
    expect(await texts(tsv, "a.tsv")).toEqual([["a,b", "c", undefined]]);
  });

  test("is told by columns that are named", async () => {
    const columns = { premiseColumn: "eins", hypothesisColumn: "zwei", labelColumn: "drei" };
    expect(await texts("eins;zwei;drei\na,b;c,d;x\n", "a.csv", columns)).toEqual([["a,b", "c,d", "x"]]);
  });

  test("that is given is taken", async () => {
    const columns = { premiseColumn: "a", hypothesisColumn: "b" };
    expect(await texts("a:b\nc,d:e\n", "x.csv", { ...columns, delimiter: ":" })).toEqual([
      ["c,d", "e", undefined],
    ]);
    await expect(texts("premise,hypothesis\na,b\n", "x.csv", { delimiter: ";" })).rejects.toThrow(
      "found: premise,hypothesis",
    );
    expect(await texts('premise\thypothesis\n"a\tb\n', "x.tsv", { delimiter: "\t" })).toEqual([
      ['"a', "b", undefined],
    ]);
  });

  test.each(["", "ab", '"', "\n", "é"])("%j is none", (delimiter) => {
    expect(() => readExamples(new Uint8Array(0), { fileName: "a.csv", delimiter })).toThrow(
      /^delimiter is .*; it must be one ASCII character/,
    );
  });

  test("is that of the error where the columns are not found", async () => {
    await expect(texts("a;b;c\n1;2;3\n", "x.csv")).rejects.toThrow(/; found: a, b, c\. Name/);
  });
});

describe("quotes between tabs", () => {
  const QUOTED = 'premise\thypothesis\tlabel\n"say ""no"""\t"b\tc"\t"x"\nd\te\tx\n';

  test("are read when asked for", async () => {
    expect(await texts(QUOTED, "a.tsv", { quotes: true })).toEqual([
      ['say "no"', "b\tc", "x"],
      ["d", "e", "x"],
    ]);
  });

  test("are read when the header is quoted, which then has the columns", async () => {
    expect(await texts('"premise"\t"hypothesis"\n"a"\t"b"\n', "a.tsv")).toEqual([["a", "b", undefined]]);
  });

  test.each<[string, string, RegExp | undefined]>([
    ["every text", '"a"\tb\tx\n"c"\td\ty\n', /the column "premise" has cells between quotes.*--quotes/],
    ["a text with doubled quotes in it", 'a\t"b ""c"""\tx\nd\te\ty\n', /the column "hypothesis"/],
    ["a label", 'a\tb\t"x"\nc\td\tx\n', /the column "label"/],
    ["some texts, as people write", '"a" he said\tb\tx\n"c"\td\ty\ne\tf\tx\n', undefined],
    ["nothing", "a\tb\tx\n", undefined],
  ])("get a hint where they are around %s", async (_, rows, hint) => {
    const notices: string[] = [];
    await read(`premise\thypothesis\tlabel\n${rows}`, "a.tsv", {
      onNotice: (notice) => notices.push(notice),
    });
    if (hint) expect(notices).toEqual([expect.stringMatching(hint)]);
    else expect(notices).toEqual([]);
  });
});

describe("SNLI's JSON lines", () => {
  const object = {
    annotator_labels: ["neutral"],
    captionID: "1",
    gold_label: "neutral",
    pairID: "2",
    sentence1: "An otter dives.",
    sentence1_binary_parse: "( ( An otter ) ( dives . ) )",
    sentence1_parse: "(ROOT a)",
    sentence2: "It isn't dry.",
    sentence2_binary_parse: "( It ( ( is n't ) ( dry . ) ) )",
    sentence2_parse: "(ROOT b)",
  };

  test("give the texts of the parses, as its tables do", async () => {
    const rows = [object, { ...object, gold_label: "-" }];
    expect(await texts(rows.map((row) => JSON.stringify(row)).join("\n"), "a.jsonl")).toEqual([
      ["An otter dives .", "It is n't dry .", "neutral"],
      ["An otter dives .", "It is n't dry .", undefined],
    ]);
  });

  test("have SNLI's labels, and are read as they stand where a column is named or another key is there", async () => {
    const other = JSON.stringify({ ...object, gold_label: "maybe" });
    await expect(texts(other, "a.jsonl")).rejects.toThrow(
      'a.jsonl, row 1: unknown label "maybe"; SNLI\'s are',
    );
    const named = await texts(other, "a.jsonl", { labelColumn: "gold_label" });
    expect(named).toEqual([["An otter dives.", "It isn't dry.", "maybe"]]);
    expect(await texts(JSON.stringify({ ...object, genre: "fiction" }), "a.jsonl")).toEqual([
      ["An otter dives.", "It isn't dry.", "neutral"],
    ]);
  });
});

describe("a file of JSON", () => {
  const row = (text: string) => ({ premise: text, hypothesis: `]},{" \\ ${text}`, label: "x" });
  const rows = ["a", "ü 🦦", '"[', "\\"].map(row);
  const expected = rows.map(({ premise, hypothesis, label }) => [premise, hypothesis, label]);

  test.each([
    ["lines", rows.map((one) => JSON.stringify(one)).join("\n")],
    ["an array", JSON.stringify(rows)],
    ["an array with line ends", `\n ${JSON.stringify(rows, null, 2).replaceAll("\n", "\r\n")}\n\n`],
    ["an array with a comma too many", `[${rows.map((one) => `${JSON.stringify(one)},`).join("")}]`],
  ])("may hold %s", async (_, text) => {
    expect(await texts(text, "a.json")).toEqual(expected);
    expect(await texts(text, "a.jsonl")).toEqual(expected);
  });

  test("may come in pieces of any size", async () => {
    const bytes = new TextEncoder().encode(JSON.stringify(rows, null, 1));
    for (const size of [1, 2, 7, 100]) {
      const pieces = (async function* () {
        for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
      })();
      const found: unknown[] = [];
      for await (const example of readExamples(pieces, { fileName: "a.json" })) found.push(example.text);
      expect(found).toEqual(rows.map(({ premise }) => premise));
    }
  });

  test.each([
    ["[1]", "a.json, row 1: expected an object such as"],
    ['[{"premise": "a", "hypothesis": "b"}, {"premise": "a"}]', "a.json, row 2: "],
    ['[{"premise": "a", "hypothesis": "b"},, {}]', "a.json, row 2: not valid JSON; repair or delete the row"],
    ['[{"premise": "a", "hypothesis": "b"},', "a.json ends before its array does: it is cut off"],
    ['[{"premise": "a", "hypothesis": "b"}', "a.json ends before its array does: it is cut off"],
    ['[{"premise": "a", "hypothe', "a.json, row 1: not valid JSON"],
    ['[{"premise": "a", "hypothesis": "b"}] []', "a.json: something follows the end of the array"],
    ["[]", "a.json is empty"],
    [`[${" ".repeat(20 << 20)}`, "a.json: a row does not end within"],
    ['{"data": [\n', "a.json, row 1: not valid JSON; expected one object a line, or an array of objects"],
  ])("what is no such file is refused: %#", async (text, message) => {
    await expect(texts(text, "a.json")).rejects.toThrow(message);
  });
});

describe("a table without a header", () => {
  const columns = { header: false, textColumn: "1", labelColumn: "2" };

  test.each([
    ["a.csv", '"a b",x\nc,y\n'],
    ["a.tsv", "a b\tx\nc\ty\n"],
    ["a.txt", "a b;x\nc;y\n"],
  ])("%s is read from its first row on", async (fileName, text) => {
    expect(await texts(text, fileName, columns)).toEqual([
      ["a b", undefined, "x"],
      ["c", undefined, "y"],
    ]);
  });

  test("is refused without the numbers of its columns, or with other names", async () => {
    await expect(texts("a,x\n", "a.csv", { header: false })).rejects.toThrow(
      /a\.csv, row 1: which column holds the text\? With header nothing tells; found: 1, 2\. Give its number as textColumn/,
    );
    await expect(texts("text,x\n", "a.csv", { header: false, textColumn: "text" })).rejects.toThrow(
      'no column "text"; found: 1, 2',
    );
  });
});
