/**
 * Small files that are made to cost much: each is refused, or read, in memory and time in proportion to its size. Bounds
 * are generous; what they keep out is larger by an order of magnitude.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "fflate";
import { describe, expect, test } from "vitest";
import { TunebertError } from "../src/error.js";
import { readWeights } from "../src/hub/store/read-weights.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import { serializeSafetensors } from "../src/weights/safetensors.js";
import type { StateDict } from "../src/weights/tensor.js";
import { succeed, temporaryFolder } from "./support/command.js";

const folder = temporaryFolder();

/** A legacy file of torch.save with the pickle of an object, given as Latin-1 text, and one storage of float32. */
function legacy(object: string, elements = 0): Uint8Array {
  const opening = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.M\xe9\x03.N.";
  const keys = elements > 0 ? "]U\x010a." : "].";
  const count = Buffer.from(BigInt64Array.of(BigInt(elements)).buffer);
  const storage = elements > 0 ? [count, Buffer.alloc(4 * elements)] : [];
  return Buffer.concat([Buffer.from(`${opening}\x80\x02${object}.${keys}`, "latin1"), ...storage]);
}

function safetensors(header: string): Uint8Array {
  const text = Buffer.from(header);
  return Buffer.concat([Buffer.from(BigUint64Array.of(BigInt(text.length)).buffer), text]);
}

const int32 = (value: number) => Buffer.from(Int32Array.of(value).buffer).toString("latin1");

/** A state dict of tensors that all see one storage, from its beginning on. */
function views(count: number, elements: number, shape: string, strides: string): Uint8Array {
  const storage = `(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuJ${int32(elements)}NtQ`;
  const tensor = `ctorch._utils\n_rebuild_tensor\n(${storage}K\0${shape}${strides}tR`;
  const names = Array.from({ length: count }, (_, i) => `U\x04${String(i).padStart(4, "0")}`);
  return legacy(
    `}${names.map((name, i) => `${name}${i === 0 ? `${tensor}q\0` : "h\0"}s`).join("")}`,
    elements,
  );
}

/** Numbers below 2^32 that V8 puts into one chain of a hash table, were they keys of one. */
function memoNumbers(): string {
  return Array.from({ length: 50_000 }, (_, i) => `r${int32((i * 65_536) | 0)}`).join("");
}

function npz(declared: number, actual: number): Uint8Array {
  const name = Buffer.from("a.npy");
  const data = deflateSync(new Uint8Array(actual), { level: 9 });
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(20, 0);
  facts.writeUInt16LE(8, 4);
  facts.writeUInt32LE(data.length, 14);
  facts.writeUInt32LE(declared, 18);
  facts.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), facts, name, data]);
  const directory = Buffer.concat([Buffer.from("PK\x01\x02\x14\0"), facts, Buffer.alloc(14), name]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}

/** What it takes to parse a file, and what it is refused with. */
function refuse(bytes: Uint8Array): { message: string; milliseconds: number; memory: number } {
  const before = process.memoryUsage();
  const start = performance.now();
  let message = "";
  try {
    parseWeights(bytes, "crafted");
  } catch (error) {
    expect(error).toBeInstanceOf(TunebertError);
    message = (error as TunebertError).message;
  }
  const after = process.memoryUsage();
  const grown = (name: "heapUsed" | "arrayBuffers") => Math.max(0, after[name] - before[name]);
  return {
    message,
    milliseconds: performance.now() - start,
    memory: grown("heapUsed") + grown("arrayBuffers"),
  };
}

describe("refused before it costs anything", () => {
  test.each<[string, () => Uint8Array, string]>([
    [
      "memo numbers that are no numbers of a memo",
      () => legacy(`N${memoNumbers()}`),
      "remembers object 65536",
    ],
    [
      "a pickle of empty dictionaries",
      () => legacy(`](${"}".repeat(60_000)}e`.repeat(20)),
      "objects, more than",
    ],
    ["a pickle of tuples in tuples", () => legacy(`N${"\x85".repeat(1_000_000)}`), "objects, more than"],
    [
      "ordered dictionaries of one long list",
      () => legacy(`](${"(NNt".repeat(20_000)}eq\0${"ccollections\nOrderedDict\nh\0\x85R".repeat(100)}`),
      "objects, more than",
    ],
    [
      "a thousand tensors that see one storage",
      () => views(1000, 250_000, `J${int32(250_000)}\x85`, "K\x01\x85"),
      "more than 67108864",
    ],
    [
      "a thousand tensors that repeat one element",
      () => views(1000, 1, `J${int32(1_000_000)}\x85`, "K\0\x85"),
      "more than 67108864",
    ],
    ["a header of nested lists", () => safetensors(`{"a":${"[".repeat(9_000_000)}`), "deeper nesting"],
    ["a header of empty lists", () => safetensors(`{"a":[${"[],".repeat(3_000_000)}`), "too many lists"],
    ["a header of empty objects", () => safetensors(`{${'"a":{},'.repeat(1_000_000)}`), "too many lists"],
    [
      "an entry that inflates to more than it declares",
      () => npz(1000, 40_000_000),
      "bytes or more, expected 1000",
    ],
  ])("%s", { timeout: 20_000 }, (_, make, expected) => {
    const bytes = make();
    const { message, memory } = refuse(bytes);
    expect(message).toContain(expected);
    expect(memory).toBeLessThan(10 * bytes.length + 64 * 1024 * 1024);
  });

  test("a device, and a pipe without end", async () => {
    if (!existsSync("/dev/zero")) return;
    expect(() => readWeights("/dev/zero")).toThrow("cannot read /dev/zero: it is a device, not a file");
    const path = join(folder, "endless");
    execFileSync("mkfifo", [path]);
    const writer = spawn("sh", ["-c", `yes > "${path}"`], { detached: true });
    expect(() => readWeights(path)).toThrow("is no weights file");
    writer.kill();
  });

  test("a file that does not fit into memory", () => {
    const path = join(folder, "sparse");
    writeFileSync(path, "");
    try {
      truncateSync(path, 2 ** 43);
    } catch {
      return; // no file system for such files
    }
    expect(() => readWeights(path)).toThrow(TunebertError);
  });
});

test("as many tensors as anybody has are listed", { timeout: 60_000 }, async () => {
  const state: StateDict = new Map();
  for (let i = 0; i < 130_000; i++)
    state.set(`t${i}`, { type: "uint8", shape: [0], data: new Uint8Array(0) });
  const path = join(folder, "many.safetensors");
  writeFileSync(path, serializeSafetensors(state));
  const { stdout } = await succeed(["inspect", path]);
  expect(stdout).toContain("\n130000 tensors, 0 elements\n");
});

test("one long name does not make every line of a listing as long", async () => {
  const state: StateDict = new Map();
  for (let i = 0; i < 2000; i++) state.set(`t${i}`, { type: "uint8", shape: [0], data: new Uint8Array(0) });
  state.set("n".repeat(100_000), { type: "uint8", shape: [0], data: new Uint8Array(0) });
  const path = join(folder, "long-name.safetensors");
  writeFileSync(path, serializeSafetensors(state));
  const { stdout } = await succeed(["inspect", path]);
  expect(stdout.length).toBeLessThan(500_000);
});

test("tensors that share a storage are read as long as they stay in proportion", () => {
  const state = parseWeights(views(60, 250_000, `J${int32(250_000)}\x85`, "K\x01\x85"), "shared");
  expect(state.size).toBe(60);
  expect(new Set([...state.values()].map(({ data }) => data.buffer)).size).toBe(1);
});

test("a pickle twice as long takes about twice the time", { timeout: 30_000 }, () => {
  const seconds = (repeats: number) => {
    const bytes = legacy(`](${`(${"K\x01".repeat(40)}t`.repeat(repeats)}e`);
    return Math.min(...[0, 1, 2].map(() => refuse(bytes).milliseconds));
  };
  seconds(3000);
  expect(seconds(18_000)).toBeLessThan(10 * 6 * Math.max(1, seconds(3000)));
});
