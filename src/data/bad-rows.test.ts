import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import { readExamples } from "./read-examples.js";

interface Read {
  readonly pairs: (readonly [text: string, row: number])[];
  readonly notices: string[];
}

async function read(content: string | Uint8Array, fileName: string, skipBadRows: boolean): Promise<Read> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const notices: string[] = [];
  const pairs: [string, number][] = [];
  const onNotice = (notice: string) => notices.push(notice);
  for await (const { text, row } of readExamples(bytes, { fileName, skipBadRows, onNotice })) {
    pairs.push([text, row!]);
  }
  return { pairs, notices };
}

const latin1 = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"));
const JSON_ROW = '{"premise":"a","hypothesis":"b"}';

/** Each has its bad rows between good ones; the first good text is a, the last z. */
const CASES: readonly (readonly [
  what: string,
  file: string,
  content: string | Uint8Array,
  bad: RegExp,
  rows: number[],
])[] = [
  [
    "too few cells",
    "a.tsv",
    "premise\thypothesis\na\tb\nc\nz\td\n",
    /row 3: 1 columns, but the first row has 2/,
    [2, 4],
  ],
  [
    "too many cells, lines end with CR",
    "a.tsv",
    "premise\thypothesis\ra\tb\rc\td\te\rz\td\r",
    /row 3: 3 columns/,
    [2, 4],
  ],
  [
    "too few cells behind a row of two lines",
    "a.csv",
    'premise,hypothesis\na,"b\r\nc"\r\nd\r\nz,d\r\n',
    /row 3: 1 col/,
    [2, 4],
  ],
  ["a stray quote", "a.csv", 'premise,hypothesis\na,"b\nc"\nd,e"f"\nz,d\n', /row 3: not valid CSV/, [2, 4]],
  [
    "a single stray quote",
    "a.csv",
    'premise,hypothesis\na,b\nd,5" pipe\nz,"d\ne"\n',
    /row 3: not valid CSV/,
    [2, 4],
  ],
  ["text behind a quote", "a.csv", 'premise,hypothesis\na,b\n"d"e,f\nz,d\n', /row 3: not valid CSV/, [2, 4]],
  [
    "no UTF-8",
    "a.tsv",
    latin1("premise\thypothesis\na\tb\nc\xe9\td\nz\td\n"),
    /row 3: not valid UTF-8/,
    [2, 4],
  ],
  [
    "no UTF-8 in two lines",
    "a.csv",
    latin1('premise,hypothesis\na,"b\nc"\n"d\n\xe9",f\nz,d\n'),
    /row 3: not valid UTF-8/,
    [2, 4],
  ],
  [
    "broken JSON",
    "a.jsonl",
    `${JSON_ROW}\n{"premise"\n{"premise":"z","hypothesis":""}\n`,
    /row 2: not valid JSON/,
    [1, 3],
  ],
  [
    "a list",
    "a.jsonl",
    `${JSON_ROW}\n[]\n{"premise":"z","hypothesis":""}\n`,
    /row 2: expected an object/,
    [1, 3],
  ],
  [
    "a number for a text",
    "a.jsonl",
    `${JSON_ROW}\n{"premise":1,"hypothesis":"b"}\n{"premise":"z","hypothesis":""}\n`,
    /row 2: "premise" must be a string, found 1/,
    [1, 3],
  ],
  [
    "a text missing",
    "a.jsonl",
    `${JSON_ROW}\n{"premise":"c"}\n{"premise":"z","hypothesis":""}\n`,
    /row 2: no columns for the texts/,
    [1, 3],
  ],
  [
    "one text, where others have two",
    "a.jsonl",
    `{"text":"a","text_pair":"b"}\n{"text":"c"}\n{"text":"z","text_pair":""}\n`,
    /row 2: one text, but two in the rows before it; found: text/,
    [1, 3],
  ],
  [
    "two texts, where others have one",
    "a.jsonl",
    `{"text":"a"}\n{"text":"c","text_pair":"d"}\n{"text":"z"}\n`,
    /row 2: two texts, but one in the rows before it; found: text, text_pair/,
    [1, 3],
  ],
];

describe.each(CASES)("a row with %s", (_, fileName, content, bad, rows) => {
  test("is an error, which names the option that skips it", async () => {
    const failure = await read(content, fileName, false).catch((error) => error);
    expect(failure).toBeInstanceOf(TunebertError);
    expect(failure.message).toMatch(new RegExp(`^${fileName.replace(".", "\\.")}, ${bad.source}`));
    expect(failure.message).toMatch(/, or leave such rows out with skipBadRows$/);
  });

  test("is skipped and counted on demand", async () => {
    const { pairs, notices } = await read(content, fileName, true);
    expect(pairs).toEqual([
      ["a", rows[0]],
      ["z", rows[1]],
    ]);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      new RegExp(`^${fileName.replace(".", "\\.")}: skipped 1 bad row \\(${bad.source}`),
    );
  });
});

test("of many bad rows the first three are named", async () => {
  const { notices } = await read(`premise\thypothesis\na\tb\n${"c\n".repeat(5)}`, "a.tsv", true);
  const row = (number: number) => `row ${number}: 1 columns, but the first row has 2`;
  expect(notices).toEqual([`a.tsv: skipped 5 bad rows (${row(3)}; ${row(4)}; ${row(5)}; …)`]);
});

test("what was skipped is told when reading ends early", async () => {
  const notices: string[] = [];
  const bytes = new TextEncoder().encode("premise\thypothesis\na\na\tb\nc\td\n");
  const options = {
    fileName: "a.tsv",
    skipBadRows: true,
    onNotice: (notice: string) => notices.push(notice),
  };
  for await (const _ of readExamples(bytes, options)) break;
  expect(notices).toEqual([expect.stringContaining("skipped 1 bad row")]);
});

describe("is no bad row, and an error whatever is asked for:", () => {
  test.each<[string, string, string | Uint8Array, RegExp]>([
    [
      "the header",
      "a.tsv",
      latin1("premise\thypoth\xe9sis\na\tb\n"),
      /^a\.tsv, row 1: not valid UTF-8; save the file as UTF-8$/,
    ],
    ["a header without the columns", "a.csv", "a,b\nc,d\n", /^a\.csv, row 1: no columns/],
    [
      "a header with quotes out of place",
      "a.csv",
      'pre"mise,hypothesis\nc,d\n',
      /^a\.csv, row 1: not valid CSV/,
    ],
    [
      "a quote that swallows the rest",
      "a.csv",
      'premise,hypothesis\na,"b\nc,d\ne,f\n',
      /^a\.csv, row 2: not valid CSV/,
    ],
    [
      "a label that is unknown to SNLI's readers",
      "a.jsonl",
      '{"premise":"a","hypothesis":"b","label":{}}',
      /must be a string/,
    ],
    [
      "that there are only bad rows",
      "a.jsonl",
      '{"premise":"a"}\n{"premise":"b"}\n',
      /^a\.jsonl holds no examples, only 2 bad rows \(row 1: no columns/,
    ],
    [
      "a header of millions of columns",
      "a.csv",
      `${",".repeat(2 << 20)}\n`,
      /the header row has 2097152 characters; that of a table of texts has at most 1048576/,
    ],
    [
      "a row without an end",
      "a.tsv",
      `premise\thypothesis\n${"x".repeat(20 << 20)}`,
      /a row does not end within 16777216 bytes/,
    ],
  ])("%s", async (_, fileName, content, message) => {
    await expect(read(content, fileName, true)).rejects.toThrow(message);
  });
});
