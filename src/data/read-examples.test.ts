import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import type { TextExample } from "../text/text-example.js";
import { type ReadExamplesOptions, readExamples, readSnli } from "./read-examples.js";
import { SNLI_HEADER } from "./snli.js";

describe("SNLI", () => {
  const text = [
    SNLI_HEADER,
    snliRow("neutral", "( ( A baker ) ( kneads dough ) )", "( The baker ( is tired ) )"),
    snliRow("-", "( A ( boat sinks ) )", "( It rains )"),
    snliRow("contradiction", "( Two goats )", "( One goat )"),
    "",
  ].join("\n");

  test("the texts are the parses without brackets; a label - is none", async () => {
    expect(await read(text, "snli_1.0_train.txt")).toEqual([
      {
        text: "A baker kneads dough",
        textPair: "The baker is tired",
        label: "neutral",
        row: 2,
        fileName: "snli_1.0_train.txt",
      },
      {
        text: "A boat sinks",
        textPair: "It rains",
        label: undefined,
        row: 3,
        fileName: "snli_1.0_train.txt",
      },
      {
        text: "Two goats",
        textPair: "One goat",
        label: "contradiction",
        row: 4,
        fileName: "snli_1.0_train.txt",
      },
    ]);
  });

  test.each(["-", "", " "])("the label %j is none", async (label) => {
    const [header] = text.split("\n");
    const file = `${header}\n${snliRow(label, "( A boat )", "( It rains )")}\n`;
    expect((await read(file, "a.txt")).map((pair) => pair.label)).toEqual([undefined]);
  });

  test("readSnli gives the same, and takes no other header", async () => {
    expect(await collect(readSnli(bytes(text), { fileName: "a.txt" }))).toEqual(await read(text, "a.txt"));
    await expect(
      collect(readSnli(bytes(text.replace("captionID", "caption")), { fileName: "a.txt" })),
    ).rejects.toThrow(
      /^a\.txt, row 1: not the header of an SNLI file; expected gold_label, .*found gold_label, /,
    );
  });

  test("named columns are read as they stand", async () => {
    const [pair] = await read(text, "a.txt", { premiseColumn: "sentence1_binary_parse" });
    expect(pair).toMatchObject({ text: "( ( A baker ) ( kneads dough ) )", textPair: "raw second" });
  });

  test("an unknown label and a wrong number of columns name the row", async () => {
    const odd = `${text}${snliRow("maybe", "( a )", "( b )")}\n`;
    await expect(read(odd, "a.txt")).rejects.toThrow(
      /^a\.txt, row 5: unknown label "maybe"; SNLI's are entailment/,
    );
    await expect(read(`${text}neutral\t( a )\n`, "a.txt")).rejects.toThrow(
      /^a\.txt, row 5: 2 columns, but the first row has 14/,
    );
  });
});

describe("columns", () => {
  test("TSV: quotes are ordinary characters, other columns are ignored", async () => {
    const text = 'id\tlabel\tpremise\thypothesis\n1\tyes\tsay "hi"\t"quoted\n\n2\t\t(a)\tb';
    expect(await read(text, "a.tsv")).toEqual([
      { text: 'say "hi"', textPair: '"quoted', label: "yes", row: 2, fileName: "a.tsv" },
      { text: "(a)", textPair: "b", label: undefined, row: 4, fileName: "a.tsv" },
    ]);
  });

  test("CSV: quoted fields may hold commas, quotes and line ends; a row is a record", async () => {
    const text = 'premise,hypothesis,label\r\n"a, ""b""","line one\nline two",no\r\n\r\nc,d,yes\r\n';
    expect(await read(text, "a.csv")).toEqual([
      { text: 'a, "b"', textPair: "line one\nline two", label: "no", row: 2, fileName: "a.csv" },
      { text: "c", textPair: "d", label: "yes", row: 4, fileName: "a.csv" },
    ]);
  });

  test("JSONL: labels may be strings, numbers or null", async () => {
    const text =
      '{"premise":"a","hypothesis":"b","label":2,"x":[]}\n\n' +
      '{"sentence2":"d","sentence1":"c\\u00e9","gold_label":"-"}\n' +
      '{"premise":"e","hypothesis":"f","label":null}\n{"premise":"g","hypothesis":"h"}';
    expect((await read(text, "a.jsonl")).map((p) => [p.text, p.textPair, p.label, p.row])).toEqual([
      ["a", "b", "2", 1],
      ["cé", "d", undefined, 3],
      ["e", "f", undefined, 4],
      ["g", "h", undefined, 5],
    ]);
  });

  test.each(["label", "gold_label", "verdict"])(
    "a label - or a blank one is none in a column %s",
    async (column) => {
      const names = ["-", "", "  ", "- ", " yes"];
      const tables = {
        "a.tsv": `${column}\tpremise\thypothesis\n${names.map((name) => `${name}\ta\tb\n`).join("")}`,
        "a.csv": `${column},premise,hypothesis\n${names.map((name) => `${name},a,b\n`).join("")}`,
        "a.jsonl": names
          .map((name) => `${JSON.stringify({ [column]: name, premise: "a", hypothesis: "b" })}\n`)
          .join(""),
      };
      for (const [name, text] of Object.entries(tables)) {
        const labels = async (noLabel?: string[]) =>
          (await read(text, name, { labelColumn: column, noLabel })).map((pair) => pair.label);
        expect(await labels()).toEqual([undefined, undefined, undefined, "- ", " yes"]);
        expect(await labels([])).toEqual(["-", undefined, undefined, "- ", " yes"]);
        expect(await labels([" yes"])).toEqual(["-", undefined, undefined, "- ", undefined]);
      }
    },
  );

  test("JSONL: true and false are labels, 1.0 is 1, and integers that JSON confuses are refused", async () => {
    const row = (label: string) => `{"premise":"a","hypothesis":"b","label":${label}}\n`;
    const labels = async (...names: string[]) =>
      (await read(names.map(row).join(""), "a.jsonl")).map((pair) => pair.label);
    expect(await labels("true", "false", "1.0", "1", "-1", "0.5", "9007199254740991")).toEqual([
      ...["true", "false", "1", "1", "-1", "0.5", "9007199254740991"],
    ]);
    expect(await labels('"9007199254740993"', '"9007199254740992"')).toEqual([
      ...["9007199254740993", "9007199254740992"],
    ]);
    for (const number of ["9007199254740993", "-9007199254740992", "1e300", "1e400"]) {
      await expect(labels("1", number)).rejects.toThrow(
        /^a\.jsonl, row 2: "label" is an integer beyond ±9007199254740991/,
      );
    }
  });

  test.each(["tsv", "csv", "jsonl"])(
    "%s: columns by the names given, or sentence1 and sentence2",
    async (format) => {
      const row = { sentence1: "p", sentence2: "h", question: "q", verdict: "v" };
      const fileName = `a.${format}`;
      const text = write(format, [row]);
      expect(await read(text, fileName)).toMatchObject([{ text: "p", textPair: "h", label: undefined }]);
      expect(
        await read(text, fileName, { hypothesisColumn: "question", labelColumn: "verdict" }),
      ).toMatchObject([{ text: "p", textPair: "q", label: "v" }]);
    },
  );

  test.each(["tsv", "csv", "jsonl"])("%s: single texts, by a known name or the one given", async (format) => {
    const fileName = `a.${format}`;
    const known = await read(write(format, [{ id: "1", text: "p", label: "v" }]), fileName);
    expect(known).toMatchObject([{ text: "p", textPair: undefined, label: "v" }]);
    const given = await read(write(format, [{ title: "p", body: "q" }]), fileName, { premiseColumn: "body" });
    expect(given).toMatchObject([{ text: "q", textPair: undefined, label: undefined }]);
  });

  test.each(["tsv", "csv", "jsonl"])(
    "%s: a missing column is an error that lists those found",
    async (format) => {
      const text = write(format, [{ a: "1", b: "2" }]);
      await expect(read(text, `x.${format}`)).rejects.toThrow(
        new TunebertError(
          `x.${format}, row 1: no columns for the texts: expected premise and hypothesis, sentence1 and sentence2, ` +
            "text_a and text_b, text1 and text2, question1 and question2, text and text_pair, query and passage, " +
            "#1 String and #2 String, or one of text, sentence, review, question alone; found: a, b. " +
            "Name the right ones as textColumn and textPairColumn, a single one as textColumn" +
            (format === "jsonl" ? "; repair or delete the row, or leave such rows out with skipBadRows" : ""),
          {
            option: ["textColumn", "textPairColumn", ...(format === "jsonl" ? ["skipBadRows"] : [])],
          },
        ),
      );
      await expect(
        read(text, `x.${format}`, { premiseColumn: "a", hypothesisColumn: "b", labelColumn: "c" }),
      ).rejects.toThrow(/no column "c"; found: a, b\. Name the right one as labelColumn/);
    },
  );
});

describe("refuses, and says where", () => {
  const header = "premise,hypothesis,label\n";
  test.each<[string, string, string, RegExp]>([
    ["an empty file", "a.csv", "", /^a\.csv is empty/],
    ["an empty file of lines", "a.txt", "", /^a\.txt is empty/],
    ["a header without rows", "a.csv", header, /^a\.csv holds no examples, only a header/],
    ["a header of SNLI without rows", "a.txt", SNLI_HEADER, /^a\.txt holds no examples/],
    ["blank lines alone", "a.jsonl", "\n\n", /^a\.jsonl holds no examples/],
    ["an unknown ending", "a.xlsx", "", /^a\.xlsx: unknown format; expected .* \.jsonl/],
    [
      "a short CSV row",
      "a.csv",
      `${header}a,b,c\nd,e\n`,
      /^a\.csv, row 3: 2 columns, but the first row has 3/,
    ],
    ["a stray quote", "a.csv", `${header}a,b,c\nd,e"f,g\nh,"i",j\n`, /^a\.csv, row 3: not valid CSV: /],
    [
      "stray quotes in mid-block",
      "a.csv",
      `${header}a,b,c\nd,e"f"g,h\ni,j,k\n`,
      /^a\.csv, row 3: not valid CSV/,
    ],
    ["an open quote", "a.csv", `${header}a,b,c\nd,"e,f\ng,h,i\n`, /^a\.csv, row 3: not valid CSV: /],
    ["a long TSV row", "a.tsv", "premise\thypothesis\na\tb\tc\n", /^a\.tsv, row 2: 3 columns/],
    [
      "broken JSON",
      "a.jsonl",
      '{"premise":"a","hypothesis":"b"}\n{"premise"\n',
      /^a\.jsonl, row 2: not valid JSON/,
    ],
    [
      "a JSON list",
      "a.jsonl",
      '{"premise":"a","hypothesis":"b"}\n[1]\n',
      /^a\.jsonl, row 2: expected an object .* found \[1\]/,
    ],
    [
      "a text that is no string",
      "a.jsonl",
      '{"premise":null,"hypothesis":"b"}',
      /row 1: "premise" must be a string, found null/,
    ],
    [
      "a label that is an object",
      "a.jsonl",
      '{"premise":"a","hypothesis":"b","label":{}}',
      /"label" must be a string, a number, true or false, or a list of these, found an object/,
    ],
  ])("%s", async (_what, fileName, text, message) => {
    const failure = await collectFailure(() => read(text, fileName));
    expect(failure).toBeInstanceOf(TunebertError);
    expect(failure.message).toMatch(message);
  });

  test("what is not UTF-8, with its row, beyond the first block too", async () => {
    for (const rows of [1, 10_000]) {
      const start = bytes(`premise\thypothesis\n${"né\tits hypothesis\n".repeat(rows)}`);
      const source = Buffer.concat([start, Uint8Array.of(0x63, 0xe9, 0x09, 0x64, 0x0a)]);
      await expect(collect(readExamples(source, { fileName: "a.tsv" }))).rejects.toThrow(
        `a.tsv, row ${rows + 2}: not valid UTF-8; save the file as UTF-8`,
      );
    }
  });
});

test("a byte order mark opens no column name, and elsewhere is text", async () => {
  const line = "\ufeffa\tb\n";
  const pairs = await read(`\ufeffpremise\thypothesis\n${line.repeat(20_000)}`, "a.tsv");
  expect(new Set(pairs.map((pair) => pair.text))).toEqual(new Set(["\ufeffa"]));
  expect(pairs.length).toBe(20_000);
});

test("a file of many blocks is read row by row", async () => {
  for (const format of ["tsv", "csv", "jsonl"]) {
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      text: `premise number ${i} é`,
      textPair: format === "tsv" ? `h ${i}` : `two\nlines, "${i}"`,
    }));
    const pairs = await read(write(format, rows), `a.${format}`);
    expect(pairs.map(({ text, textPair }) => ({ text, textPair }))).toEqual(rows);
    expect(pairs.at(-1)!.row).toBe(format === "jsonl" ? 5000 : 5001);
  }
});

describe("where the stream is cut changes nothing", () => {
  const cell = fc.string({
    unit: fc.constantFrom("a", "é", "€", "\u{1f600}", " ", ",", '"', "(", "\u0085", "\ufeff"),
  });
  const rows = fc.array(fc.record({ text: cell, textPair: cell, label: fc.constantFrom("yes", "no") }), {
    minLength: 1,
  });
  const cuts = fc.array(fc.nat(400), { maxLength: 12 });

  test.each(["tsv", "csv", "jsonl"])("%s, LF and CRLF", async (format) => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        cuts,
        fc.constantFrom("\n", "\r\n"),
        fc.boolean(),
        async (written, places, eol, last) => {
          const lines = write(format, written).split("\n");
          const whole = bytes(lines.join(eol) + (last ? eol : ""));
          const fileName = `a.${format}`;
          const pieces = readExamples(cutAt(whole, places), { fileName });
          const found = (await collect(pieces)).map(({ text, textPair, label }) => ({
            text,
            textPair,
            label,
          }));
          expect(found).toEqual(written);
          expect(await collect(readExamples(whole, { fileName }))).toMatchObject(written);
        },
      ),
    );
  });
});

test("stops reading the source when the reader stops", async () => {
  let closed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      yield bytes("premise\thypothesis\n");
      for (;;) yield bytes("a\tb\n".repeat(30_000));
    } finally {
      closed = true;
    }
  }
  for await (const pair of readExamples(source(), { fileName: "a.tsv" })) {
    if (pair.row === 5) break;
  }
  expect(closed).toBe(true);
});

function snliRow(label: string, text: string, textPair: string): string {
  return [label, text, textPair, "", "", "raw first", "raw second", "", "id", label, "", "", "", ""].join(
    "\t",
  );
}

function write(format: string, rows: readonly Record<string, string>[]): string {
  if (format === "jsonl") return rows.map((row) => JSON.stringify(row)).join("\n");
  const separator = format === "tsv" ? "\t" : ",";
  const quote = (cell: string) => (format === "tsv" ? cell : `"${cell.replaceAll('"', '""')}"`);
  return [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))]
    .map((cells) => cells.map(quote).join(separator))
    .join("\n");
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function* cutAt(whole: Uint8Array, places: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const end of [...places].sort((a, b) => a - b)) {
    yield whole.subarray(start, end);
    start = Math.max(start, end);
  }
  yield whole.subarray(start);
}

function read(
  text: string,
  fileName: string,
  columns: Omit<ReadExamplesOptions, "fileName"> = {},
): Promise<TextExample[]> {
  return collect(readExamples(bytes(text), { fileName, ...columns }));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function collectFailure(run: () => Promise<unknown>): Promise<Error> {
  try {
    await run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected a failure");
}
