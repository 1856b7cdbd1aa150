import { expect, test } from "vitest";
import { openZip } from "./zip-directory.js";
import { writeZip } from "./zip-writer.js";

const entries = [
  { name: "folder/größe", data: Uint8Array.of(1, 2, 3) },
  { name: "empty", data: new Uint8Array(0) },
  { name: "x".repeat(60), data: new Uint8Array(100).fill(7) },
];

test("what it writes can be read, in order", () => {
  const zip = openZip(writeZip(entries));
  expect(zip.names).toEqual(entries.map(({ name }) => name));
  for (const { name, data } of entries) expect(zip.read(name)).toEqual(data);
});

test("an entry's data begin at a multiple of 64 bytes", () => {
  const bytes = writeZip(entries);
  const zip = openZip(bytes);
  for (const { name } of entries) expect(zip.read(name).byteOffset % 64, name).toBe(0);
});

test("equal entries give equal bytes", () => {
  expect(writeZip(entries)).toEqual(
    writeZip(entries.map(({ name, data }) => ({ name, data: data.slice() }))),
  );
});

test("no entries", () => {
  expect(openZip(writeZip([])).names).toEqual([]);
});

test("refuses what only zip64 could hold, and names that none could", () => {
  const many = Array.from({ length: 65_536 }, (_, i) => ({ name: String(i), data: new Uint8Array(0) }));
  expect(() => writeZip(many)).toThrow("65536 entries; at most 4 GiB and 65535 entries are written");
  const name = "x".repeat(65_536);
  expect(() => writeZip([{ name, data: new Uint8Array(0) }])).toThrow(
    "too long for a zip archive: 65536 bytes",
  );
});
