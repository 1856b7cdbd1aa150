import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8Bytes } from "./utf8-bytes.js";

const TEXT = "premise\thypothesis\nné \u{1f600}\tb\n";

function utf16(text: string, order: "le" | "be"): Uint8Array {
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
  return order === "le" ? bytes : bytes.swap16();
}

async function* cut(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += length) yield bytes.subarray(i, i + length);
}

async function textOf(source: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of utf8Bytes(source, "a.tsv")) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

test.each<[string, (text: string) => Uint8Array]>([
  ["UTF-8", (text) => Buffer.from(text)],
  ["UTF-8 with a byte order mark", (text) => Buffer.from(`\ufeff${text}`)],
  ["UTF-16, low byte first", (text) => utf16(text, "le")],
  ["UTF-16, high byte first", (text) => utf16(text, "be")],
  ["gzip", (text) => gzipSync(text)],
  ["gzip of UTF-16", (text) => gzipSync(utf16(text, "le"))],
  [
    "two files of gzip, one behind the other",
    (text) => {
      return Buffer.concat([gzipSync(text.slice(0, 5)), gzipSync(text.slice(5))]);
    },
  ],
])("%s is read, however the stream is cut", async (_, encode) => {
  const bytes = encode(TEXT);
  expect(await textOf(bytes)).toBe(TEXT);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9 }), async (length) => {
      expect(await textOf(cut(bytes, length))).toBe(TEXT);
    }),
    { numRuns: 9 },
  );
});

test("a second byte order mark is text, and nothing is nothing", async () => {
  expect(await textOf(Buffer.from("\ufeff\ufeffa"))).toBe("\ufeffa");
  expect(await textOf(Buffer.from("\ufeff"))).toBe("");
  expect(await textOf(new Uint8Array(0))).toBe("");
  expect(await textOf(Buffer.from("a"))).toBe("a");
});

describe("what is no such text is refused by its name", () => {
  const utf32 = (text: string) =>
    Buffer.concat([...text].map((c) => Buffer.from([c.codePointAt(0)!, 0, 0, 0])));

  test.each<[string, Uint8Array, RegExp]>([
    [
      "UTF-16 without a mark",
      Buffer.from("premise", "utf16le"),
      /is text in UTF-16 without a byte order mark/,
    ],
    [
      "UTF-16 without a mark, high byte first",
      Buffer.from("premise", "utf16le").swap16(),
      /is text in UTF-16 without/,
    ],
    [
      "UTF-32",
      Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), utf32("pr")]),
      /is text in UTF-32; .* save it as UTF-8/,
    ],
    ["UTF-32 without a mark", utf32("pr"), /is text in UTF-32/],
    ["half a character of UTF-16", Buffer.concat([utf16("a", "le"), Buffer.from("b")]), /not valid UTF-16/],
    ["half a pair of surrogates", utf16("a\ud83d", "be"), /not valid UTF-16/],
    ["zeros", new Uint8Array(100), /is no text: it begins with zeros/],
    ["a workbook of Excel", Buffer.from("PK\x03\x04more"), /is a zip archive, as Excel's \.xlsx files are/],
    ["a Parquet file", Buffer.from("PAR1\x15\x04\x15"), /is a Parquet file; .* convert it/],
    ["a web page", Buffer.from("\n<!DOCTYPE html>\n<html>"), /is a web page/],
    ["gzip within gzip", gzipSync(gzipSync(TEXT)), /is gzip within gzip/],
    ["a zip archive within gzip", gzipSync("PK\x03\x04more"), /is a zip archive/],
    ["gzip that is cut off", gzipSync(TEXT).subarray(0, 30), /the gzip file is damaged or cut off/],
    ["gzip with another checksum", damaged(gzipSync(TEXT)), /the gzip file is damaged/],
  ])("%s", async (_, bytes, message) => {
    await expect(textOf(bytes)).rejects.toThrow(message);
    await expect(textOf(bytes)).rejects.toThrow(expect.objectContaining({ name: "TunebertError" }));
  });
});

test("gzip that unpacks to far more than its size is refused, early", async () => {
  const bomb = gzipSync(Buffer.alloc(200 << 20, "a,b,c\n"));
  let size = 0;
  await expect(async () => {
    for await (const piece of utf8Bytes(cut(bomb, 1 << 16), "a.csv")) size += piece.length;
  }).rejects.toThrow(/unpack to more than 200 times as many/);
  expect(size).toBeLessThan(40 << 20);
});

test("the source is closed when its text is wanted no more, and its error is the error", async () => {
  for (const encode of [(text: string) => Buffer.from(text), gzipSync]) {
    let closed = false;
    async function* source() {
      try {
        for (;;) yield encode(TEXT.repeat(1000));
      } finally {
        closed = true;
      }
    }
    for await (const _ of utf8Bytes(source(), "a.tsv")) break;
    expect(closed).toBe(true);

    async function* failing() {
      yield encode(TEXT);
      throw new Error("the disk is gone");
    }
    await expect(textOf(failing())).rejects.toThrow("the disk is gone");
  }
});

function damaged(gzip: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(gzip);
  bytes[bytes.length - 6]! ^= 1;
  return bytes;
}
