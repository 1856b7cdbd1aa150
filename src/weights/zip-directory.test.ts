import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import { crc32 } from "./crc32.js";
import { isZip, openZip } from "./zip-directory.js";

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../test/fixtures/weights/${name}`, import.meta.url)));

test("CRC-32 of known bytes", () => {
  const text = new TextEncoder().encode("123456789");
  expect(crc32(text)).toBe(0xcbf43926);
  expect(crc32(text.subarray(0, 8))).toBe(0x9ae0daaf);
  expect(crc32(new Uint8Array(0))).toBe(0);
});

test("reads the archive that PyTorch wrote, zip64 end record included", () => {
  const bytes = fixture("linear.zip.pt");
  const zip = openZip(bytes);
  expect(isZip(bytes)).toBe(true);
  expect(zip.names).toContain("linear.zip/data.pkl");
  expect(new TextDecoder().decode(zip.read("linear.zip/byteorder"))).toBe("little");
  expect(zip.read("linear.zip/data/0").buffer).toBe(bytes.buffer);
});

test("where the zip64 end record and the plain one differ, the former counts", () => {
  const bytes = fixture("linear.zip.pt");
  bytes.fill(0xff, bytes.length - 14, bytes.length - 2);
  expect(openZip(bytes).names).toEqual(openZip(fixture("linear.zip.pt")).names);
});

test("reads an archive without zip64 records, with a comment at its end", () => {
  const bytes = archive({ "a.txt": "hello", "b/c": "" }, { comment: "written by hand" });
  const zip = openZip(bytes);
  expect(zip.names).toEqual(["a.txt", "b/c"]);
  expect(new TextDecoder().decode(zip.read("a.txt"))).toBe("hello");
  expect(zip.read("b/c")).toEqual(new Uint8Array(0));
});

test("reads sizes and positions from an entry's zip64 field", () => {
  const zip = openZip(archive({ first: "1", second: "22" }, { zip64: true }));
  expect(new TextDecoder().decode(zip.read("second"))).toBe("22");
});

describe("refuses", () => {
  const refused = (bytes: Uint8Array, message: string, name = "a") => {
    expect(() => openZip(bytes).read(name)).toThrow(message);
    expect(() => openZip(bytes).read(name)).toThrow(TunebertError);
  };

  test("a compressed entry", () => {
    refused(
      fixture("compressed.zip"),
      'entry "archive/data.pkl" is compressed (method 8)',
      "archive/data.pkl",
    );
  });

  test("a stored entry of two sizes", () => {
    const bytes = archive({ a: "x" });
    bytes[Buffer.from(bytes).indexOf("PK\x01\x02") + 24] = 9;
    refused(bytes, 'entry "a" is compressed (method 0)');
  });

  test("an encrypted entry", () => {
    refused(archive({ a: "x" }, { flags: 1 }), 'entry "a" is encrypted');
  });

  test("an entry that is not there", () => {
    refused(archive({ b: "x" }), 'no entry "a"');
  });

  test("damaged content", () => {
    const bytes = archive({ a: "content" });
    bytes[33]! ^= 1;
    refused(bytes, 'entry "a" is damaged: its CRC-32');
  });

  test("one name twice", () => {
    const bytes = archive({ a: "x", b: "x" });
    bytes[bytes.lastIndexOf(0x62)] = 0x61;
    refused(bytes, 'two entries named "a"');
  });

  test("entries that together are larger than the file", () => {
    refused(archive({ a: "x", b: "y" }, { size: 50 }), "its entries declare 100 bytes");
  });

  test("an entry that begins outside the file, or where no entry is", () => {
    refused(archive({ a: "x" }, { position: 4000 }), "truncated");
    refused(archive({ a: "x" }, { position: 1 }), '"a" is not at byte 1');
  });

  test("a directory that does not fit the file", () => {
    refused(archive({ a: "x" }, { count: 9 }), "9 entries in 47 bytes");
  });

  test("more entries than any weights file has", () => {
    const bytes = fixture("linear.zip.pt");
    const record = Buffer.from(bytes).indexOf("PK\x06\x06");
    new DataView(bytes.buffer).setUint32(record + 32, 1_000_001, true);
    refused(bytes, "more than 1000000 entries");
  });

  test("an archive without its end", () => {
    const bytes = archive({ a: "x" });
    for (let length = 4; length < bytes.length; length++) refused(bytes.subarray(0, length), "truncated");
  });
});

interface Oddities {
  comment?: string;
  flags?: number;
  zip64?: boolean;
  size?: number;
  position?: number;
  count?: number;
}

/** A zip archive of stored entries, in the one way the options leave odd. */
function archive(files: Record<string, string>, odd: Oddities = {}): Uint8Array {
  const u16 = (value: number) => [value & 0xff, (value >> 8) & 0xff];
  const u32 = (value: number) => [...u16(value), ...u16(value >>> 16)];
  const u64 = (value: number) => [...u32(value), ...u32(0)];
  const text = (value: string) => [...new TextEncoder().encode(value)];
  const out: number[] = [];
  const directory: number[] = [];
  for (const [name, content] of Object.entries(files)) {
    const start = odd.position ?? out.length;
    const data = text(content);
    const size = odd.size ?? data.length;
    const crc = u32(crc32(Uint8Array.from(data)));
    const wide = odd.zip64
      ? [...u16(0x7777), ...u16(2), 0, 0, ...u16(1), ...u16(24), ...u64(size), ...u64(size), ...u64(start)]
      : [];
    const narrow = (value: number) => u32(odd.zip64 ? 0xffffffff : value);
    const shared = [...u16(20), ...u16(odd.flags ?? 0), ...u16(0), ...u32(0), ...crc];
    directory.push(...u32(0x02014b50), ...u16(20), ...shared, ...narrow(size), ...narrow(size));
    directory.push(...u16(name.length), ...u16(wide.length), ...u16(0), ...u64(0), ...narrow(start));
    directory.push(...text(name), ...wide);
    out.push(...u32(0x04034b50), ...shared, ...u32(size), ...u32(size), ...u16(name.length), ...u16(0));
    out.push(...text(name), ...data);
  }
  const count = u16(odd.count ?? Object.keys(files).length);
  const start = out.length;
  out.push(...directory, ...u32(0x06054b50), ...u32(0), ...count, ...count);
  out.push(
    ...u32(directory.length),
    ...u32(start),
    ...u16(odd.comment?.length ?? 0),
    ...text(odd.comment ?? ""),
  );
  return Uint8Array.from(out);
}
