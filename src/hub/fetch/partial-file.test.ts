import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { thisHolder } from "../files/holder.js";
import { digestOf, isOf, PartialFile } from "./partial-file.js";

const url = "https://me:secret@example.org/x?token=secret";
const of = { address: digestOf(url), total: 6 };
let folder: string;
let target: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tunebert-"));
  target = join(folder, "x.zip");
});

afterEach(() => rmSync(folder, { recursive: true }));

async function begun(): Promise<PartialFile> {
  const part = await PartialFile.open(target);
  await part.restart(of);
  await part.append(Buffer.from("abc"));
  return part;
}

/** Puts a part there as another process would have left it. */
function leave(name: string, note: unknown): void {
  writeFileSync(join(folder, name), "abc");
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(note));
}

test("has a name of its own, and keeps no address", async () => {
  const part = await begun();
  expect(part.path).toMatch(/x\.zip\.part-[0-9a-f]{16}$/);
  expect(readFileSync(`${part.path}.json`, "utf8")).not.toMatch(/secret|example/);
  expect(isOf(part.of!, url)).toBe(true);
  expect(isOf(part.of!, "https://example.org/x")).toBe(false);
  await part.discard();
  expect(readdirSync(folder)).toEqual([]);
});

test("is gone on with once it is released, in the same process or another", async () => {
  const first = await begun();
  await first.release();
  expect(readdirSync(folder).sort()).toEqual(["x.zip.part", "x.zip.part.json"]);
  const second = await PartialFile.open(target);
  expect([second.size, second.of, second.pieced]).toEqual([3, expect.objectContaining(of), true]);
  expect(second.path).not.toBe(first.path);
  await second.append(Buffer.from("def"));
  await second.flush();
  await second.complete();
  expect(readFileSync(target, "utf8")).toBe("abcdef");
  expect(readdirSync(folder)).toEqual(["x.zip"]);
});

test("of a process that has ended is gone on with", async () => {
  leave("x.zip.part-0", { ...of, holder: { ...thisHolder(), process: 2 ** 22 + 1 } });
  expect((await PartialFile.open(target)).size).toBe(3);
});

test.each<[string, string, unknown]>([
  ["of a process that runs", "x.zip.part-0", { ...of, holder: thisHolder() }],
  [
    "of another computer",
    "x.zip.part-0",
    { ...of, holder: { ...thisHolder(), process: 2 ** 22 + 1, place: "elsewhere" } },
  ],
  ["of which nothing is known", "x.zip.part", null],
  ["without an address", "x.zip.part", { total: 6 }],
  ["with a version that no header can hold", "x.zip.part", { ...of, validator: "a\r\nb: c" }],
  ["with a length that is none", "x.zip.part", { ...of, total: -1 }],
])("%s is not gone on with, but removed", async (_, name, note) => {
  leave(name, note);
  const part = await PartialFile.open(target);
  expect([part.size, part.of]).toEqual([0, undefined]);
  expect(readdirSync(folder)).toEqual([]);
});

test("is not gone on with where that is not wanted", async () => {
  leave("x.zip.part", of);
  expect((await PartialFile.open(target, { fresh: true })).size).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});

test("that another process removes or has taken can still be given up", async () => {
  const part = await begun();
  const other = await begun();
  expect(existsSync(part.path)).toBe(false);
  await part.append(Buffer.from("xyz"));
  await part.discard();
  expect(readFileSync(other.path, "utf8")).toBe("abc");
});

test("is as long as its file, whatever was counted", async () => {
  const part = await begun();
  appendFileSync(part.path, "more");
  expect(part.size).toBe(3);
  expect(await part.measure()).toBe(7);
  await part.close();
  expect(part.size).toBe(7);
});

test("is not opened where a link was put in its place", async () => {
  const part = await begun();
  await part.close();
  const outside = join(folder, "outside");
  renameSync(part.path, outside);
  symlinkSync(outside, part.path);
  await expect(part.append(Buffer.from("x"))).rejects.toThrow(/cannot write/);
  expect(readFileSync(outside, "utf8")).toBe("abc");
});
