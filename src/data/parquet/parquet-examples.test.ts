import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type ReadExamplesOptions, readExamples } from "../read-examples.js";
import { ParquetFile } from "./parquet-file.js";
import { GroupMemory, readColumn } from "./read-column.js";

const LABELS = ["calm", "sad", "calm", "sad", undefined, "calm", "calm", "calm", "sad", "sad"];

describe("a Parquet file", () => {
  test.each([
    ...["none", "snappy", "gzip", "zstd", "lz4", "no-dictionary", "delta-length", "version-2", "row-groups"],
  ])("%s is read row by row", async (name) => {
    const examples = await read(`${name}.parquet`);
    expect(examples.map(({ label }) => label)).toEqual(LABELS);
    expect(examples[2]).toEqual({
      text: "Ein Fischer flickt sein Netz 🐟.",
      textPair: undefined,
      label: "calm",
      fileName: `${name}.parquet`,
      row: 3,
    });
    expect(examples.map(({ row }) => row)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("may have many pages, and no nulls", async () => {
    const examples = await read("pages.parquet");
    expect(examples.map(({ label }) => label)).toEqual(Array(30).fill(LABELS).flat());
    expect(examples[299]).toMatchObject({ text: "The tram was late by an hour.", row: 300 });
    expect((await read("required.parquet")).map(({ label }) => label)).toEqual([..."0123456789"]);
  });

  test.each([
    ...[8, 16, 32, 64].map(
      (bits) => [`int${bits}`, ["0", "1", "2", "0", undefined, "1", "1", "2", "-1", "0"]] as const,
    ),
    ["uint64", ["0", "1", String(2n ** 64n - 1n), "0", undefined, "1", "1", "1", "1", "0"]],
    [
      "large-int64",
      ["0", "1", String(-(2n ** 63n)), String(2n ** 63n - 1n), undefined, "1", "1", "1", "1", "0"],
    ],
    ["bool", ["true", "false", "true", "false", undefined, "true", "true", "true", "false", "false"]],
    ["float32", ["0.5", "1", "-2.25", "0", undefined, undefined, "3", "4", "5", "6"]],
    ["float64", ["0.1", "1", "-2.25", "0", undefined, undefined, "3", "4", "5", "6"]],
    ["null", Array(10).fill(undefined)],
  ] as const)("labels of %s are written as in JSON; null and NaN are none", async (name, labels) => {
    expect((await read(`${name}.parquet`)).map(({ label }) => label)).toEqual(labels);
  });

  test("has pairs in named columns, as other files", async () => {
    const [first] = await read("pairs.parquet");
    expect(first).toMatchObject({
      text: "The otter slept on the warm jetty.",
      textPair: "The tram was late by an hour.",
      label: "calm",
    });
    const [named] = await read("pairs.parquet", {
      textColumn: "hypothesis",
      textPairColumn: "premise",
      labelColumn: "id",
    });
    expect(named).toMatchObject({ text: "The tram was late by an hour.", label: "0" });
    await expect(read("pairs.parquet", { textColumn: "body" })).rejects.toThrow(
      'pairs.parquet: no column "body"; found: id, premise, hypothesis, label. Name the right one as textColumn',
    );
  });

  test("by Hugging Face's datasets says what the classes are called; -1 is none", async () => {
    const labels = (await read("class-label.parquet")).map(({ label }) => label);
    expect(labels).toEqual([
      "calm",
      "sad",
      "cross",
      "calm",
      undefined,
      "sad",
      "sad",
      "cross",
      undefined,
      "calm",
    ]);
    const bytes = fixture("class-label.parquet");
    const one = bytes.toString("latin1").replace('"calm", "sad", "cross"', '"calm"                ');
    await expect(readBytes(Buffer.from(one, "latin1"))).rejects.toThrow(
      'a.parquet, row 2: "label" is 1; the file names the classes 0 to 0: calm',
    );
  });

  test("has lists of values", async () => {
    expect(listsOf("lists.parquet")).toEqual([["a"], ["a", "b"], [], null, ["c", "a", "b"]]);
    expect(listsOf("class-label-lists.parquet")).toEqual([[0n], [1n, 2n], [], [2n, 0n, 1n]]);
    const labelsIn = async (name: string, labelNames?: string[]) =>
      (await read(name, { labelNames })).map(({ label }) => label);
    expect(await labelsIn("lists.parquet")).toEqual([["a"], ["a", "b"], [], undefined, ["c", "a", "b"]]);
    const [first, second] = await labelsIn("class-label-lists.parquet");
    expect([first, second]).toEqual([[expect.any(String)], [expect.any(String), expect.any(String)]]);
    expect(await labelsIn("class-label-lists.parquet", ["x", "y", "z"])).toEqual([
      ...[["x"], ["y", "z"], [], ["z", "x", "y"]],
    ]);
  });

  test("is known by its first bytes, whole or in pieces", async () => {
    const bytes = fixture("snappy.parquet");
    for (const name of ["data.csv", "train-00000"]) {
      const pieces = async function* () {
        for (let i = 0; i < bytes.length; i += 7) yield bytes.subarray(i, i + 7);
      };
      expect((await readBytes(pieces(), name)).map(({ label }) => label)).toEqual(LABELS);
    }
  });

  test("has rows that are not UTF-8 left out where that is asked for", async () => {
    await expect(read("bytes.parquet")).rejects.toThrow('bytes.parquet, row 2: "text" is not valid UTF-8');
    const notices: string[] = [];
    const examples = await read("bytes.parquet", {
      skipBadRows: true,
      onNotice: (notice) => notices.push(notice),
    });
    expect(examples.map(({ row }) => row)).toEqual([1, 3]);
    expect(notices).toEqual(['bytes.parquet: skipped 1 bad row (row 2: "text" is not valid UTF-8)']);
  });

  test.each([
    ["brotli", "compressed by BROTLI, which is not read; write it with snappy, gzip"],
    ["delta-prefixes", "values are written in the encoding DELTA_BYTE_ARRAY, which is not read"],
    ["date", 'the column "label" holds values of the type DATE; expected strings, numbers'],
    ["struct", 'the column "text" holds values of the type structures; expected strings, numbers'],
  ])("%s is refused with what to do", async (name, message) => {
    await expect(read(`${name}.parquet`)).rejects.toThrow(`${name}.parquet: ${message}`);
  });

  test.each(["large-text", "many-rows"])(
    "%s, which unpacks to far more than it has, is refused",
    async (name) => {
      await expect(read(`${name}.parquet`)).rejects.toThrow(
        /\.parquet: \d+ bytes of Parquet unpack to more than 200 times as many; no texts do/,
      );
    },
  );

  test("that is no such file, or not all of it, is refused", async () => {
    const bytes = fixture("snappy.parquet");
    await expect(readBytes(bytes.subarray(0, -1))).rejects.toThrow(
      "a.parquet is a Parquet file that is cut off",
    );
    await expect(readBytes(bytes.subarray(0, 4))).rejects.toThrow(
      "a.parquet is a Parquet file that is cut off",
    );
    await expect(readBytes(Buffer.from("text,label\n"))).rejects.toThrow("a.parquet is no Parquet file");
    await expect(readBytes(gzipSync(bytes), "a.parquet.gz")).rejects.toThrow(
      "unpack it, or write it without",
    );
    const encrypted = Buffer.from(bytes);
    encrypted.write("PARE", bytes.length - 4);
    await expect(readBytes(encrypted)).rejects.toThrow("a.parquet is encrypted; write it without encryption");
    const long = Buffer.from(bytes);
    long.writeUInt32LE(2 ** 31, bytes.length - 8);
    await expect(readBytes(long)).rejects.toThrow(
      "a.parquet: the Parquet file is damaged or cut off (its footer would have 2147483648 bytes); get it",
    );
  });
});

function listsOf(name: string): unknown[] {
  const file = new ParquetFile(name, fixture(name));
  const column = file.schema.children.find(({ element }) => element.name === "labels")!;
  return [...readColumn(file, file.metadata.row_groups[0]!, column, new GroupMemory(file, 1))];
}

function fixture(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../../../test/fixtures/parquet/${name}`, import.meta.url)));
}

function read(name: string, options?: Partial<ReadExamplesOptions>) {
  return readBytes(fixture(name), name, options);
}

async function readBytes(
  source: Uint8Array | AsyncIterable<Uint8Array>,
  fileName = "a.parquet",
  options?: Partial<ReadExamplesOptions>,
) {
  const found = [];
  for await (const example of readExamples(source, { fileName, ...options })) found.push(example);
  return found;
}
