import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TunebertError } from "../../error.js";
import { thisHolder } from "./holder.js";
import { LostLock, withLock } from "./lock.js";

let folder: string;
let path: string;
const fast = { poll: 10, staleAfter: 200 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tunebert-"));
  path = join(folder, "lock");
});

afterEach(() => rmSync(folder, { recursive: true }));

test("one at a time", async () => {
  let inside = 0;
  const order: number[] = [];
  const work = (id: number) => async () => {
    expect(++inside).toBe(1);
    await sleep(20);
    inside--;
    order.push(id);
    return id;
  };
  const ids = [0, 1, 2, 3, 4];
  expect(await Promise.all(ids.map((id) => withLock(path, work(id), fast)))).toEqual(ids);
  expect(order.sort()).toEqual(ids);
  expect(readdirSync(folder)).toEqual([]);
});

test("is left when the work fails", async () => {
  await expect(withLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(readdirSync(folder)).toEqual([]);
});

test("is kept by work that takes longer than a lock without signs of life would last", async () => {
  const onWait = vi.fn();
  let done = false;
  const long = withLock(
    path,
    async () => {
      await sleep(800);
      done = true;
    },
    fast,
  );
  await sleep(20);
  await withLock(path, async () => expect(done).toBe(true), { ...fast, onWait });
  await long;
  expect(onWait).toHaveBeenCalledOnce();
});

test("is taken at once from a process of this computer that has died", async () => {
  writeFileSync(path, JSON.stringify({ id: "x", ...thisHolder(), process: 2 ** 22 + 1 }));
  const start = performance.now();
  expect(await withLock(path, async () => "mine")).toBe("mine");
  expect(performance.now() - start).toBeLessThan(1000);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ["of another computer", JSON.stringify({ id: "x", process: process.pid, host: "elsewhere" })],
  ["that its holder had no time to sign", ""],
])("is taken from a holder %s that gives no sign of life", async (_, content) => {
  writeFileSync(path, content);
  const start = performance.now();
  expect(await withLock(path, async () => "mine", fast)).toBe("mine");
  expect(performance.now() - start).toBeGreaterThan(180);
});

test("is taken by one of many who see that it is stale", async () => {
  writeFileSync(path, "");
  let inside = 0;
  const work = async () => {
    expect(++inside).toBe(1);
    await sleep(10);
    inside--;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(path, work, fast)));
  expect(readdirSync(folder)).toEqual([]);
});

test("that is lost is told, and not taken back", async () => {
  await withLock(
    path,
    async (lost) => {
      writeFileSync(path, "another's");
      while (!lost.aborted) await sleep(10);
      expect(lost.reason).toBeInstanceOf(TunebertError);
      expect(lost.reason.message).toMatch(/another process has taken over/);
    },
    fast,
  );
  expect(readFileSync(path, "utf8")).toBe("another's");
});

test("that is lost is known at once to who asks, and is why what fails then fails", async () => {
  const held = vi.fn();
  const work = withLock(path, async (_, expectHeld) => {
    await expectHeld();
    held();
    writeFileSync(path, "another's");
    await expect(expectHeld()).rejects.toThrow(LostLock);
    throw new Error("a file is gone");
  });
  await expect(work).rejects.toThrow(/another process has taken over/);
  expect(held).toHaveBeenCalledOnce();
});

test("is neither read nor written through a link", async () => {
  const outside = join(folder, "outside");
  writeFileSync(outside, "mine");
  symlinkSync(outside, path);
  await expect(withLock(path, async () => {}, fast)).rejects.toThrow(TunebertError);
  expect(readFileSync(outside, "utf8")).toBe("mine");
});

test("need not be waited for", async () => {
  writeFileSync(path, "");
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 20);
  await expect(withLock(path, async () => {}, { signal: abort.signal })).rejects.toThrow(/aborted/);
});

test("cannot be had where nothing can be written", async () => {
  await expect(withLock(join(path, "deeper"), async () => {})).rejects.toThrow(TunebertError);
});
