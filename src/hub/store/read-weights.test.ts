import { execFileSync } from "node:child_process";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/support/command.js";
import { described, weightsFixture } from "../../../test/support/weights.js";
import { TunebertError } from "../../error.js";
import { parseWeights } from "../../weights/parse-weights.js";
import { readWeights } from "./read-weights.js";

const folder = temporaryFolder();

function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

test.each([
  "bert.zip.pt",
  "bert.legacy.pt",
  "mxnet-bert.params",
  "library.safetensors",
  "npz-types.npz",
  "npz-compressed.npz",
  "views.legacy.pt",
])("reads of %s what its bytes say", (name) => {
  const bytes = weightsFixture(name);
  expect(described(readWeights(written(name, bytes)))).toEqual(described(parseWeights(bytes, name)));
});

/** A safetensors file whose data begin at any byte, as writers may have it. */
function crookedSafetensors(spaces: number): Uint8Array {
  const header = `{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}${" ".repeat(spaces)}`;
  const bytes = Buffer.alloc(8 + header.length + 8);
  bytes.writeUInt32LE(header.length);
  bytes.write(header, 8);
  bytes.writeFloatLE(1.5, 8 + header.length);
  return bytes;
}

test("tensors are in memory that threads can share, all in one piece, wherever in the file they begin", () => {
  const files: [string, Uint8Array][] = ["bert.zip.pt", "bert.legacy.pt", "mxnet-bert.params"].map((name) => [
    name,
    weightsFixture(name),
  ]);
  for (let spaces = 0; spaces < 4; spaces++)
    files.push([`${spaces}.safetensors`, crookedSafetensors(spaces)]);
  for (const [name, bytes] of files) {
    const tensors = [...readWeights(written(name, bytes)).values()];
    expect(tensors[0]!.data.buffer, name).toBeInstanceOf(SharedArrayBuffer);
    for (const { data } of tensors) expect(data.buffer, name).toBe(tensors[0]!.data.buffer);
  }
});

test("every reading is in memory of its own", () => {
  const path = written("again.pt", weightsFixture("bert.zip.pt"));
  const [first, second] = [readWeights(path), readWeights(path)];
  (first.get("hidden.0.bias")!.data as Float32Array).fill(9);
  expect(described(second)).toEqual(described(parseWeights(weightsFixture("bert.zip.pt"), path)));
});

test("what cannot be read is named", () => {
  mkdirSync(join(folder, "nested"));
  for (const [name, reason] of [
    ["absent.pt", "there is no such file"],
    ["nested", "it is a folder, not a file"],
  ] as const) {
    expect(() => readWeights(join(folder, name))).toThrow(`cannot read ${join(folder, name)}: ${reason}`);
  }
  const empty = written("empty.pt", new Uint8Array(0));
  expect(() => readWeights(empty)).toThrow(`${empty} is no weights file`);
  const cut = written("cut.legacy.pt", weightsFixture("bert.legacy.pt"));
  truncateSync(cut, 9000);
  expect(() => readWeights(cut)).toThrow(TunebertError);
  expect(() => readWeights(cut)).toThrow(`${cut}: `);
});

test.skipIf(process.platform === "win32")("a pipe does as well as a file", async () => {
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const source = written("source.pt", weightsFixture("bert.legacy.pt"));
  const { spawn } = await import("node:child_process");
  const writer = spawn("sh", ["-c", `cat "${source}" > "${path}"`]);
  expect(described(readWeights(path))).toEqual(described(readWeights(source)));
  writer.kill();
});
