import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { TunebertError } from "../error.js";
import { parseWeights } from "./parse-weights.js";

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../test/fixtures/weights/${name}`, import.meta.url)));

test.each(["types.zip.pt", "types.legacy.pt", "library.safetensors"])("tells %s by its content", (name) => {
  expect(parseWeights(fixture(name), "misleading.txt").get("float64")!.data[1]).toBe(-0);
});

test("a safetensors header may begin with the byte that begins a pickle", () => {
  const bytes = new Uint8Array(8 + 0x80).fill(0x20);
  bytes.set([0x80, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]);
  expect(parseWeights(bytes, "empty.safetensors")).toEqual(new Map());
});

test("a foreign file is named, with what was expected and what was found", () => {
  const bytes = new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n");
  expect(() => parseWeights(bytes, "model.bin")).toThrow(
    new TunebertError(
      "model.bin is no weights file: expected one from torch.save, safetensors, MXNet or numpy.savez, but its first bytes are " +
        "76 65 72 73 69 6f 6e 20 68 74 74 70 73 3a 2f 2f (version https://)",
    ),
  );
  expect(() => parseWeights(new Uint8Array(0), "model.bin")).toThrow("but it is empty");
});

test.each([
  ["hostile.zip.pt", 'hostile.zip.pt: the pickle refers to "posix.system"'],
  ["short.zip.pt", "short.zip.pt: storage 0 has 20 bytes"],
])("an error within %s names the file and keeps its cause", (name, message) => {
  let error: unknown;
  try {
    parseWeights(fixture(name), name);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(TunebertError);
  expect((error as TunebertError).message).toContain(message);
  expect((error as TunebertError).cause).toBeInstanceOf(TunebertError);
});

test("key is for files of torch.save", () => {
  expect(() => parseWeights(fixture("library.safetensors"), "a.safetensors", { key: "model" })).toThrow(
    "a.safetensors: it is not of torch.save, which key is for; leave key out",
  );
});
