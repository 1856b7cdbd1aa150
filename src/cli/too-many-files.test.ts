import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { tooManyFiles } from "./too-many-files.js";

const error = (code: string, message: string) => Object.assign(new Error(message), { code });
const here = fileURLToPath(import.meta.url);

test.each([
  ["the system's own word", error("EMFILE", "too many open files")],
  [
    "a package whose folder is there",
    error("ERR_MODULE_NOT_FOUND", `Cannot find package '${here}' imported from x`),
  ],
  ["a package that is there", error("ERR_MODULE_NOT_FOUND", "Cannot find package 'vitest' imported from x")],
])("is told by %s", (_, failure) => {
  expect(tooManyFiles(failure)?.message).toMatch(/^too many files are open at once; allow more/);
});

test("is not what a package lacks that is not installed, nor another fault", () => {
  for (const message of [
    "Cannot find package 'no-such-package' imported from x",
    "Cannot find '/no/such/file.js'",
  ]) {
    expect(tooManyFiles(error("ERR_MODULE_NOT_FOUND", message))).toBeUndefined();
  }
  expect(tooManyFiles(new RangeError("x"))).toBeUndefined();
});
