import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeFolder } from "./make-folder.js";

vi.mock("node:fs/promises", { spy: true });

let above: string;

beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), "tunebert-"));
});

afterEach(() => {
  rmSync(above, { recursive: true });
});

test("tells the topmost folder that it made", async () => {
  const path = join(above, "a", "b");
  expect(await makeFolder(path)).toBe(join(above, "a"));
  expect(existsSync(path)).toBe(true);
  expect(await makeFolder(path)).toBeUndefined();
});

test("tells what the operating system says of a read-only file system, which Node calls ENOENT", async () => {
  const failure = (code: string) => Object.assign(new Error(code), { code });
  const { mkdir } = files;
  vi.mocked(mkdir).mockRejectedValueOnce(failure("ENOENT")).mockRejectedValueOnce(failure("EROFS"));
  await expect(makeFolder(join(above, "a", "b"))).rejects.toMatchObject({ code: "EROFS" });
  expect(mkdir).toHaveBeenLastCalledWith(join(above, "a"));
});

test("fails where a file is in the way", async () => {
  writeFileSync(join(above, "file"), "");
  await expect(makeFolder(join(above, "file"))).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeFolder(join(above, "file", "b"))).rejects.toMatchObject({ code: "ENOTDIR" });
});
