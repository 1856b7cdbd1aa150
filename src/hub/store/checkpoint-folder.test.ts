import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { checkpointBytes, deepJson } from "../../../test/support/checkpoint-bytes.js";
import { TunebertError } from "../../error.js";
import { parseSafetensors } from "../../weights/safetensors.js";
import type { StateDict } from "../../weights/tensor.js";
import { readCheckpoint } from "./checkpoint-file.js";
import { CheckpointFolder, latestCheckpoint } from "./checkpoint-folder.js";

/** How many operations still succeed before the disk is full. */
const disk = vi.hoisted(() => ({ room: Number.POSITIVE_INFINITY }));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const use = (syscall: string) => {
    if (disk.room-- > 0) return;
    throw Object.assign(new Error(`ENOSPC: no space left on device, ${syscall}`), {
      code: "ENOSPC",
      syscall,
    });
  };
  return {
    ...real,
    async mkdir(...args: Parameters<typeof real.mkdir>) {
      use("mkdir");
      return real.mkdir(...args);
    },
    async rename(...args: Parameters<typeof real.rename>) {
      use("rename");
      return real.rename(...args);
    },
    async open(...args: Parameters<typeof real.open>) {
      use("open");
      const file = await real.open(...args);
      return {
        async writeFile(bytes: Uint8Array) {
          use("write");
          await file.writeFile(bytes);
        },
        async sync() {
          use("fsync");
          await file.sync();
        },
        async close() {
          await file.close();
          use("close");
        },
      };
    },
  };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tunebert-"));
});
afterEach(() => {
  disk.room = Number.POSITIVE_INFINITY;
  rmSync(folder, { recursive: true });
});

/** More than is written at a time. */
const LARGE = (1 << 20) + 3;

function checkpoint(step: number, best: number | null = null) {
  const tensors: StateDict = new Map([
    ["order", { type: "int32", shape: [3], data: Int32Array.of(2, 0, 1) }],
    ["weight", { type: "float32", shape: [LARGE], data: new Float32Array(LARGE).fill(step) }],
  ]);
  return { tensors, state: { step, best: best === null ? null : { step: best }, note: "ü" } };
}

function names(): string[] {
  return readdirSync(join(folder, "checkpoints")).sort();
}

test("what is kept comes back, and any reader of safetensors finds its tensors", async () => {
  const { file, bytes } = await new CheckpointFolder(folder).save(checkpoint(7, 3));
  expect(readFileSync(file)).toHaveLength(bytes);
  const { tensors, state } = checkpoint(7, 3);
  const found = await latestCheckpoint(folder);
  expect(found).toMatchObject({ state, file, bytes });
  expect(new Map(found.tensors)).toEqual(tensors);
  expect(found.tensors.get("weight")!.data.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect([...parseSafetensors(new Uint8Array(readFileSync(file))).keys()].sort()).toEqual([
    "order",
    "sha256",
    "weight",
  ]);
});

test("the latest stay, and the best", async () => {
  const keeper = new CheckpointFolder(folder, { keep: 2 });
  const saved = async (step: number, best: number | null) => {
    await keeper.save(checkpoint(step, best));
    return names().map((name) => Number(/\d+/.exec(name)));
  };
  expect(await saved(9, null)).toEqual([9]);
  expect(await saved(10, 10)).toEqual([10, 9]);
  expect(await saved(11, 10)).toEqual([10, 11]);
  expect(await saved(12, 10)).toEqual([10, 11, 12]);
  expect(await saved(13, 13)).toEqual([12, 13]);
  // After going on from 12: what came after it then is gone.
  expect(await saved(12, 12)).toEqual([12]);
  expect(() => new CheckpointFolder(folder, { keep: 0 })).toThrow("keep is 0");
});

test("wherever the disk is full, the checkpoints before stay, and nothing half-written", async () => {
  const keeper = new CheckpointFolder(folder, { keep: 1 });
  await keeper.save(checkpoint(1));
  let room = 0;
  for (; ; room++) {
    disk.room = room;
    const failure = await keeper.save(checkpoint(2)).then(
      () => undefined,
      (error: unknown) => error,
    );
    disk.room = Number.POSITIVE_INFINITY;
    if (!failure) break;
    expect(failure).toBeInstanceOf(TunebertError);
    expect((failure as Error).message).toMatch(
      /^cannot write .*checkpoints.*: no space is left on the disk$/,
    );
    expect(
      names().filter((name) => !name.endsWith(".safetensors")),
      `room for ${room}`,
    ).toEqual([]);
    readCheckpoint(join(folder, "checkpoints", "step-1.safetensors"));
    await latestCheckpoint(folder);
  }
  // The folder; opening, five pieces or more, flushing and closing; renaming; opening, flushing and closing the folder.
  expect(room).toBeGreaterThanOrEqual(13);
  expect(names()).toEqual(["step-2.safetensors"]);
});

test("every damaged checkpoint is told of, and the latest that is whole is found", async () => {
  const keeper = new CheckpointFolder(folder, { keep: 4 });
  for (const step of [1, 2, 3]) await keeper.save(checkpoint(step));
  const path = (step: number) => join(folder, "checkpoints", `step-${step}.safetensors`);
  writeFileSync(path(3), readFileSync(path(3)).subarray(0, 1000));
  writeFileSync(path(2), readFileSync(path(2)).fill(1, 5000, 5001));
  writeFileSync(join(folder, "checkpoints", "step-4.safetensors.4194305--0123456789abcdef.tmp"), "half");
  const told: string[] = [];
  const found = await latestCheckpoint(folder, ({ message }) => told.push(message));
  expect(found.state.step).toBe(1);
  expect(told).toEqual(
    [3, 2].map((step) => `${path(step)}: it is damaged: its checksum is not that of its content`),
  );
  writeFileSync(path(1), "");
  await expect(latestCheckpoint(folder)).rejects.toThrow(/none of the checkpoints .* can be used: step-1/);
});

const small: StateDict = new Map([["w", { type: "float32", shape: [2], data: Float32Array.of(1, 2) }]]);

test.each([
  ["null", "its state: it is null; expected an object"],
  ["[]", "its state: it is a list; expected an object"],
  ["", "its state is not JSON: "],
  ["{", "its state is not JSON: "],
  [`{"a":${deepJson(100_000)}}`, "its state is nested more than 100 levels deep"],
])("a state that is none is told of, though its checksum is right: %.20s", async (state, message) => {
  await new CheckpointFolder(folder).save(checkpoint(1));
  const path = join(folder, "checkpoints", "step-2.safetensors");
  writeFileSync(path, checkpointBytes(small, state));
  const told: string[] = [];
  const found = await latestCheckpoint(folder, (error) => told.push(error.message));
  expect(found.state.step).toBe(1);
  expect(told).toEqual([expect.stringContaining(`${path}: ${message}`)]);
});

test("a state that a caller refuses is told of too, with the file, and the one before is found", async () => {
  const keeper = new CheckpointFolder(folder);
  for (const step of [1, 2]) await keeper.save(checkpoint(step));
  const told: string[] = [];
  const check = ({ step }: Readonly<Record<string, unknown>>) => {
    if (step === 2) throw new TunebertError("two is too many");
  };
  const found = await latestCheckpoint(folder, (error) => told.push(error.message), check);
  expect(found.state.step).toBe(1);
  expect(told).toEqual([`${join(folder, "checkpoints", "step-2.safetensors")}: two is too many`]);
});

test("no change of any byte goes unnoticed", async () => {
  const { file } = await new CheckpointFolder(folder).save({
    tensors: new Map([["w", { type: "float32", shape: [2], data: Float32Array.of(1, 2) }]]),
    state: { step: 1, best: null },
  });
  const whole = new Uint8Array(readFileSync(file));
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flipped) => {
      writeFileSync(file, whole.with(at, whole[at]! ^ flipped));
      expect(() => readCheckpoint(file)).toThrow(TunebertError);
    }),
  );
  for (let length = 0; length < whole.length; length += 13) {
    writeFileSync(file, whole.subarray(0, length));
    expect(() => readCheckpoint(file)).toThrow(TunebertError);
  }
});

test("where there is none, there is nothing to resume", async () => {
  await expect(latestCheckpoint(folder)).rejects.toThrow(
    "holds no checkpoint, so there is nothing to resume",
  );
});
