import {
  existsSync,
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
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TunebertError } from "../../error.js";
import { expectNoOtherRun, isFolderLock, withFolderLock } from "./folder-lock.js";

let above: string;
let folder: string;
const FILE = ".tunebert.lock";
/** Beyond the numbers that a system gives. */
const NOBODY = 4_194_305;

beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), "tunebert-"));
  folder = join(above, "deep", "model");
});

afterEach(() => rmSync(above, { recursive: true }));

/** What the lock of this process says, with changes. */
async function leaveLock(changes: Record<string, unknown>): Promise<void> {
  let content = "";
  await withFolderLock(folder, async () => {
    content = readFileSync(join(folder, FILE), "utf8");
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, FILE), JSON.stringify({ ...JSON.parse(content), id: "another", ...changes }));
}

test("is there while the work goes on, and then neither it nor an empty folder that was made for it", async () => {
  const result = await withFolderLock(folder, async () => {
    expect(readdirSync(folder)).toEqual([FILE]);
    expect(isFolderLock(FILE)).toBe(true);
    return 7;
  });
  expect(result).toBe(7);
  expect(readdirSync(above)).toEqual([]);
  await expect(withFolderLock(folder, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(readdirSync(above)).toEqual([]);
});

test("leaves a folder that was there, or holds something", async () => {
  mkdirSync(folder, { recursive: true });
  await withFolderLock(folder, async () => {});
  expect(readdirSync(folder)).toEqual([]);
  await withFolderLock(join(folder, "new"), async () => writeFileSync(join(folder, "new", "file"), ""));
  expect(readdirSync(join(folder, "new"))).toEqual(["file"]);
});

test("of a process that is running is refused by its name, by whatever path the folder is called", async () => {
  const link = join(above, "link");
  await withFolderLock(folder, async () => {
    symlinkSync(folder, link, "junction");
    for (const path of [folder, link]) {
      const second = withFolderLock(path, () => expect.fail("two at once"));
      await expect(second).rejects.toThrow(TunebertError);
      await expect(second).rejects.toThrow(
        new RegExp(`model|link is in use: process ${process.pid} on \\S+ is training`),
      );
    }
    await expectNoOtherRun(folder); // it is our own
  });
});

test("of many that start together, one works", async () => {
  const tries = Array.from({ length: 12 }, () => withFolderLock(folder, () => sleep(300)));
  const ends = await Promise.allSettled(tries);
  expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test.each([
  ["that is over", { process: NOBODY }],
  ["whose number another process was given", { started: "1" }],
])("of a process %s is taken at once", async (_, changes) => {
  if ("started" in changes && process.platform !== "linux") return; // elsewhere nobody tells
  await leaveLock(changes);
  await expectNoOtherRun(folder);
  const onWait = vi.fn();
  expect(await withFolderLock(folder, async () => "mine", { onWait })).toBe("mine");
  expect(onWait).not.toHaveBeenCalled();
  expect(readdirSync(folder)).toEqual([]);
});

test("of many that see a process that is over, one works", async () => {
  await leaveLock({ process: NOBODY });
  let inside = 0;
  const work = async () => {
    expect(++inside).toBe(1);
    await sleep(300);
  };
  const ends = await Promise.allSettled(Array.from({ length: 8 }, () => withFolderLock(folder, work)));
  expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ["of another computer", { host: "elsewhere", place: "elsewhere" }],
  ["of another container", { place: "same host, other numbers" }],
])("of a process %s is taken once there is no sign of life", async (_, changes) => {
  await leaveLock(changes);
  await expect(expectNoOtherRun(folder)).rejects.toThrow(
    /is in use: process \d+ on .* remove .*\.tunebert\.lock$/,
  );
  const onWait = vi.fn();
  expect(await withFolderLock(folder, async () => "mine", { onWait, staleAfter: 300 })).toBe("mine");
  expect(onWait).toHaveBeenCalledWith(expect.stringMatching(/was in use by process \d+ on .*; waiting/));
});

test("of a process elsewhere that gives signs of life is refused", async () => {
  const staleAfter = 600;
  await withFolderLock(
    folder,
    async () => {
      const path = join(folder, FILE);
      const foreign = { ...JSON.parse(readFileSync(path, "utf8")), host: "elsewhere", place: "elsewhere" };
      const other = join(above, "other");
      // Another's heart beats in this file.
      const beating = setInterval(() => writeFileSync(join(other, FILE), JSON.stringify(foreign)), 100);
      mkdirSync(other);
      try {
        await sleep(150);
        await expect(withFolderLock(other, async () => {}, { staleAfter })).rejects.toThrow(
          /is in use: process \d+ on elsewhere is training/,
        );
      } finally {
        clearInterval(beating);
      }
    },
    { staleAfter },
  );
});

test.each(["", "{}", '{"process":-1,"place":"x"}', "null"])(
  "that says %j is nobody's after a while",
  async (content) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, FILE), content);
    expect(await withFolderLock(folder, async () => "mine", { staleAfter: 200 })).toBe("mine");
  },
);

test("that is lost is told, and another's is left", async () => {
  await withFolderLock(
    folder,
    async ({ lost, expectHeld }) => {
      await expectHeld();
      writeFileSync(join(folder, FILE), "another's");
      await expect(expectHeld()).rejects.toThrow(/is no longer this run's/);
      while (!lost.aborted) await sleep(10);
      expect(lost.reason).toBeInstanceOf(TunebertError);
    },
    { staleAfter: 300 },
  );
  expect(readFileSync(join(folder, FILE), "utf8")).toBe("another's");
});

test("says why the folder cannot be written", async () => {
  writeFileSync(join(above, "file"), "");
  const inFile = (path: string) => withFolderLock(join(above, path), () => expect.fail("no folder"));
  await expect(inFile("file")).rejects.toThrow(/cannot write to .*file: it is a file, not a folder/);
  await expect(inFile("file/model")).rejects.toThrow(/cannot write to .*: part of the path is a file/);
  expect(existsSync(join(above, "file"))).toBe(true);
});
