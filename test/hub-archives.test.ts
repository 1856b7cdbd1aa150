import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { TunebertError } from "../src/error.js";
import type { ArchiveLimits } from "../src/hub/fetch/archive-limits.js";
import { unpackArchive } from "../src/hub/fetch/unpack-archive.js";
import { makeTar, makeTarGz, makeZip, type TarEntry, type ZipEntry } from "./support/archives.js";
import { temporaryFolder } from "./support/command.js";

const outside = temporaryFolder();
let runs = 0;
let here: string;

beforeEach(() => {
  here = join(outside, `run-${runs++}`);
  mkdirSync(here);
});

async function unpack(bytes: Uint8Array, limits: Partial<ArchiveLimits> = {}) {
  const archive = join(here, "archive");
  writeFileSync(archive, bytes);
  return unpackArchive(archive, join(here, "out"), limits);
}

/** Expects that an archive is refused and leaves nothing behind, in its folder or out of it. */
async function refuse(bytes: Uint8Array, message: RegExp, limits: Partial<ArchiveLimits> = {}) {
  const before = readdirSync(outside);
  const error = await unpack(bytes, limits).catch((error) => error);
  expect(error).toBeInstanceOf(TunebertError);
  expect(error.message).toMatch(message);
  expect(error.message).toContain(join(here, "archive"));
  expect(readdirSync(here)).toEqual(["archive"]);
  expect(readdirSync(outside)).toEqual(before);
}

function read(...path: string[]): string {
  return readFileSync(join(here, "out", ...path), "utf8");
}

const bigText = Buffer.from(Array.from({ length: 30_000 }, (_, i) => `${i} `).join(""));
const two: ZipEntry[] & TarEntry[] = [
  { name: "model/vocab.json", data: "[]" },
  { name: "model/deep/er/pretrained.params", data: bigText },
];

describe.each<[string, (entries: typeof two) => Buffer]>([
  ["zip", (entries) => makeZip(entries)],
  ["zip64", (entries) => makeZip(entries, { zip64: true })],
  ["tar", (entries) => makeTar(entries)],
  ["tar.gz", (entries) => makeTarGz(entries)],
])("%s", (format, make) => {
  test("is unpacked with all of its folders", async () => {
    const files = await unpack(make(two));
    expect(files).toEqual([
      { name: "model/vocab.json", size: 2 },
      { name: "model/deep/er/pretrained.params", size: bigText.length },
    ]);
    expect(read("model", "vocab.json")).toBe("[]");
    expect(bigText.equals(readFileSync(join(here, "out", "model", "deep", "er", "pretrained.params")))).toBe(
      true,
    );
    expect(readdirSync(here).sort()).toEqual(["archive", "out"]);
  });

  test("may hold many files, empty ones, folders of their own and paths with dots", async () => {
    const many = Array.from({ length: 100 }, (_, i) => ({ name: `many/${i}`, data: `${i}`.repeat(i) }));
    const folder = format.startsWith("zip") ? { name: "void/" } : { name: "void/", type: "5" };
    await unpack(make([folder, { name: "./empty" }, { name: "a/./b", data: "x" }, ...many]));
    expect(readdirSync(join(here, "out")).sort()).toEqual(["a", "empty", "many", "void"]);
    expect(read("a", "b")).toBe("x");
    expect(read("empty")).toBe("");
    expect(readdirSync(join(here, "out", "many"))).toHaveLength(100);
    expect(read("many", "99")).toBe("99".repeat(99));
  });

  test("loses what macOS added", async () => {
    const added = ["__MACOSX/model/._vocab.json", "model/.DS_Store", "model/._x", "model/Icon\r"];
    await unpack(make([...two, ...added.map((name) => ({ name, data: "x" }))]));
    expect(readdirSync(join(here, "out"))).toEqual(["model"]);
    expect(readdirSync(join(here, "out", "model")).sort()).toEqual(["deep", "vocab.json"]);
  });

  test.each([
    ["../evil", /leads out of the folder/],
    ["a/../../evil", /leads out of the folder/],
    ["/evil", /is an absolute path/],
    ["C:/evil", /a drive or a stream/],
    ["C:evil", /a drive or a stream/],
    ["file:stream", /a drive or a stream/],
    ["..\\evil", /a backslash/],
    ["a\\b", /a backslash/],
    ["\\\\host\\share", /a backslash/],
    ["bell\u0007", /control characters/],
    ["nul", /a device/],
    ["a/COM1.txt", /a device/],
    ["evil./x", /a dot or a space/],
    ["evil ", /a dot or a space/],
    ["./.", /names no file/],
  ])("with the entry %j is refused", async (name, message) => {
    await refuse(make([...two, { name, data: "evil" }]), message);
  });

  test.each([
    [["same", "same"], /"same" twice/],
    [["a/Read", "a/read"], /"a\/read" beside "a\/Read"/],
    [["e\u0301", "\u00e9"], /many systems hold for the same/],
    [["a", "a/b"], /"a" twice/],
    [["a/b", "a"], /"a" twice/],
    [["A/x", "a/y"], /"a" beside "A"/],
  ])("with names that collide, %j, is refused", async (names, message) => {
    await refuse(make(names.map((name) => ({ name, data: "x" }))), message);
  });

  test("with too many entries is refused", async () => {
    const entries = Array.from({ length: 12 }, (_, i) => ({ name: `${i}` }));
    await refuse(make(entries), /more than 11 entries/, { maxEntries: 11 });
  });

  test("that unpacks to too much is refused", async () => {
    await refuse(make(two), /more than the 100000 bytes allowed/, { maxBytes: 100_000 });
  });

  test("with a path that is too long is refused", async () => {
    await refuse(make([{ name: "12345678/1", data: "x" }]), /longer than 9 characters/, { maxPathLength: 9 });
  });

  test("without files is refused", async () => {
    await refuse(make([]), /no files|not an archive|Unrecognized archive format/);
  });

  test("that is cut off anywhere is refused", async () => {
    const whole = make([
      { name: "a", data: "some text" },
      { name: "b", data: "more" },
    ]);
    const last = format.startsWith("zip") ? whole.length - 1 : whole.length - 1024 - 1;
    for (let length = last; length > 0; length -= 97) {
      await refuse(whole.subarray(0, length), /cannot be unpacked|not an archive/);
    }
  });
});

describe.each<[string, (bytes: Buffer) => Buffer]>([
  ["zip", (data) => makeZip([{ name: "zeros", data }])],
  ["tar.gz", (data) => makeTarGz([{ name: "zeros", data }])],
])("%s of nothing but zeros", (_, make) => {
  test("is refused where it is large", async () => {
    await refuse(make(Buffer.alloc(17 * 2 ** 20)), /more than 200 times its size/);
  });

  test("is harmless where it is small", async () => {
    expect(await unpack(make(Buffer.alloc(2 ** 20)))).toEqual([{ name: "zeros", size: 2 ** 20 }]);
  });
});

describe("zip", () => {
  test("whose entries share their data, to be larger than its size allows, is refused", async () => {
    const named = Array.from({ length: 20 }, (_, i) => ({
      name: `${i}`,
      data: bigText,
      ...(i > 0 && { sameDataAs: 0 }),
    }));
    await refuse(makeZip(named), /more than 10 times its size/, { ratioFreeBytes: 0, maxRatio: 10 });
  });

  test.each([
    ["a symbolic link", 0o120777],
    ["a device", 0o060600],
    ["a pipe", 0o010600],
    ["a socket", 0o140600],
  ])("with %s is refused", async (_, mode) => {
    const entries = [{ name: "x", data: "/etc/passwd", mode }];
    await refuse(makeZip(entries), /a link or a special file/);
  });

  test("may say that files are files", async () => {
    await unpack(
      makeZip([
        { name: "folder/", mode: 0o040755 },
        { name: "folder/x", data: "x", mode: 0o100755 },
      ]),
    );
    expect(read("folder", "x")).toBe("x");
  });

  test.each([
    ["the wrong CRC-32", { crc: 1 }, /CRC-32 does not fit/],
    ["the wrong size", { size: 3 }, /cannot be unpacked/],
    ["a gigantic size", { size: 2 ** 31 }, /cannot be unpacked/],
    ["encryption", { flags: 1 }, /is encrypted/],
  ])("with %s is refused", async (_, wrong, message) => {
    await refuse(makeZip([{ name: "x", data: "some text", ...wrong }]), message);
  });

  test("with damaged data is refused", async () => {
    const bytes = makeZip([{ name: "x", data: bigText, stored: true }]);
    bytes[1000]! ^= 1;
    await refuse(bytes, /"x" is damaged/);
  });

  test("may have a link that macOS made beside the files, which is left out", async () => {
    await unpack(makeZip([...two, { name: "__MACOSX/x", mode: 0o120777 }]));
    expect(readdirSync(join(here, "out"))).toEqual(["model"]);
  });
});

describe("tar", () => {
  test.each([
    ["a hard link", "1", /a Link/],
    ["a symbolic link", "2", /a SymbolicLink/],
    ["a character device", "3", /a CharacterDevice/],
    ["a block device", "4", /a BlockDevice/],
    ["a pipe", "6", /a FIFO/],
  ])("with %s is refused", async (_, type, message) => {
    const link = "12".includes(type) ? "/etc/passwd" : "";
    await refuse(makeTarGz([...two, { name: "x", type, link }]), message);
    await refuse(makeTar([{ name: "x", type, link }, ...two]), message);
  });

  test("with a longer path in a pax header is unpacked, and held to the same rules", async () => {
    const pax = (path: string) => {
      const record = ` path=${path}\n`;
      const length = record.length + String(record.length + 2).length;
      return [
        { name: "pax", type: "x", data: `${length}${record}` },
        { name: "short", data: "x" },
      ];
    };
    await refuse(makeTar(pax("../evil")), /leads out of the folder/);
    const long = `${"long".repeat(20)}/${"name".repeat(20)}`;
    await unpack(makeTar(pax(long)));
    expect(existsSync(join(here, "out", long))).toBe(true);
  });

  test("with a header of a gigantic size is refused without reading it", async () => {
    const bytes = makeTar([{ name: "pax", type: "x", data: Buffer.alloc(100_000) }, ...two]);
    await refuse(bytes, /expected files and folders alone/);
  });

  test("with a damaged header is refused", async () => {
    const bytes = makeTar(two);
    bytes[3]! ^= 1;
    await refuse(bytes, /cannot be unpacked/);
  });

  test("whose gzip checksum does not fit is refused", async () => {
    const bytes = gzipSync(makeTar(two));
    bytes[bytes.length - 8]! ^= 1;
    await refuse(bytes, /cannot be unpacked/);
  });
});

test("what is not an archive is refused", async () => {
  await refuse(Buffer.from("<html>sorry</html>"), /is not an archive; expected zip, tar or tar\.gz/);
  await refuse(Buffer.alloc(0), /is not an archive/);
});

test("a folder that exists is not touched", async () => {
  mkdirSync(join(here, "out"));
  writeFileSync(join(here, "out", "mine"), "mine");
  await expect(unpack(makeZip(two))).rejects.toThrow(/out exists already/);
  expect(readdirSync(join(here, "out"))).toEqual(["mine"]);
});
