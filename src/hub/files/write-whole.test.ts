import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TunebertError } from "../../error.js";
import { isTemporary, sweepTemporary, writeWhole } from "./write-whole.js";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tunebert-"));
  file = join(folder, "file");
});

afterEach(() => rmSync(folder, { recursive: true }));

/** The name under which content is written that looks at the folder meanwhile. */
async function nameMeanwhile(act: (name: string) => void = () => {}): Promise<string> {
  let name = "";
  await writeWhole(
    file,
    (function* () {
      name = readdirSync(folder).find((entry) => entry !== "file")!;
      act(name);
      for (let piece = 0; piece < 100; piece++) yield Buffer.from("content");
    })(),
  );
  return name;
}

test("a file is written under a name that nobody can guess and a sweep recognises", async () => {
  const names = [await nameMeanwhile(), await nameMeanwhile()];
  for (const name of names) {
    expect(name).toMatch(new RegExp(`^file\\.${process.pid}-\\d*-[0-9a-f]{16}\\.tmp$`));
    expect(isTemporary(name)).toBe(true);
  }
  expect(names[0]).not.toBe(names[1]);
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("a link is replaced, and what it leads to stays", async () => {
  const elsewhere = join(folder, "elsewhere");
  writeFileSync(elsewhere, "precious");
  symlinkSync(elsewhere, file);
  await writeWhole(file, "new");
  expect(lstatSync(file).isFile()).toBe(true);
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(readFileSync(elsewhere, "utf8")).toBe("precious");
  linkSync(elsewhere, join(folder, "second name"));
  await writeWhole(join(folder, "second name"), "new");
  expect(readFileSync(elsewhere, "utf8")).toBe("precious");
});

test("a link that leads nowhere is replaced, and leads nothing into being", async () => {
  symlinkSync(join(folder, "nowhere"), file);
  await writeWhole(file, "new");
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(existsSync(join(folder, "nowhere"))).toBe(false);
});

test("a folder, a device or a pipe is not replaced", async () => {
  mkdirSync(file);
  await expect(writeWhole(file, "new")).rejects.toThrow(/cannot write .*: it is a folder, not a file/);
  if (process.platform === "win32") return;
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  await expect(writeWhole(pipe, "new")).rejects.toThrow(/it is a device or a pipe, not a file/);
  expect(lstatSync(pipe).isFIFO()).toBe(true);
});

test("when writing fails, what was there stays, and nothing half-written", async () => {
  writeFileSync(file, "before");
  const failing = (function* () {
    yield Buffer.from("half");
    throw Object.assign(new Error("EROFS: read-only"), { code: "EROFS" });
  })();
  const writing = writeWhole(file, failing);
  await expect(writing).rejects.toThrow(TunebertError);
  await expect(writing).rejects.toThrow(/cannot write .*file: the file system is read-only/);
  expect(readFileSync(file, "utf8")).toBe("before");
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("what processes left that are over is swept, and nothing else", async () => {
  const random = "0123456789abcdef";
  const left = [
    `a.4194305--${random}.tmp`,
    `a.4194305-123-${random}.tmp`,
    `a.${process.pid}-1-${random}.tmp`,
  ];
  const kept = ["file", "notes.tmp", `a.${process.ppid}--${random}.tmp`, "a.12-x.tmp"];
  for (const name of [...left, ...kept]) writeFileSync(join(folder, name), "");
  expect(left.every(isTemporary)).toBe(true);
  const own = await nameMeanwhile(() => {});
  await sweepTemporary(folder);
  expect(readdirSync(folder).sort()).toEqual([...kept].sort());
  expect(own).not.toBe("");
});

test("what this process is writing is not swept", async () => {
  const sweeps: Promise<void>[] = [];
  await nameMeanwhile(() => sweeps.push(sweepTemporary(folder)));
  await Promise.all(sweeps);
  expect(readFileSync(file, "utf8")).toBe("content".repeat(100));
});
