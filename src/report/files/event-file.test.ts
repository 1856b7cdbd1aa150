import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import protobuf from "protobufjs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { TunebertError } from "../../error.js";
import { crc32c } from "../../weights/crc32.js";
import { EventFile } from "./event-file.js";

const folder = mkdtempSync(join(tmpdir(), "tunebert-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What of tensorflow/core/util/event.proto and framework/summary.proto we write. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Event {
    double wall_time = 1; int64 step = 2;
    oneof what { string file_version = 3; Summary summary = 5; SessionLog session_log = 7; }
  }
  message Summary {
    message Value { string tag = 1; oneof value { float simple_value = 2; } }
    repeated Value value = 1;
  }
  message SessionLog { enum Status { UNSPECIFIED = 0; START = 1; } Status status = 1; }
`);
const Event = root.lookupType("Event");

describe("EventFile", () => {
  let bytes: Buffer;
  let names: string[];
  const run = join(folder, "run", "tensorboard");

  beforeAll(() => {
    vi.useFakeTimers({ now: 1_700_000_000_250 });
    const file = new EventFile(run, { step: 7 });
    file.append(8, { "train/loss": 1.0986, "train/accuracy": 0.5 });
    file.append(300, { "test/accuracy": 0.625 });
    file.close();
    vi.useRealTimers();
    names = readdirSync(run);
    bytes = readFileSync(join(run, names[0]!));
  });

  test("holds a record for the version, one for the start, and one for each step", () => {
    const wallTime = 1_700_000_000.25;
    expect(records(bytes).map(decode)).toEqual([
      { wallTime, step: 0, fileVersion: "brain.Event:2" },
      { wallTime, step: 8, sessionLog: { status: "START" } },
      {
        wallTime,
        step: 8,
        summary: {
          value: [
            { tag: "train/loss", simpleValue: Math.fround(1.0986) },
            { tag: "train/accuracy", simpleValue: 0.5 },
          ],
        },
      },
      { wallTime, step: 300, summary: { value: [{ tag: "test/accuracy", simpleValue: 0.625 }] } },
    ]);
  });

  /** TensorBoard 2.21's masked_crc32c of a length of 26. */
  test("masks the checksums as TensorFlow does", () => {
    expect(bytes.readBigUint64LE(0)).toBe(26n);
    expect(bytes.readUint32LE(8)).toBe(769170194);
  });

  test("has a name that tells what it is, and sorts after those of before", () => {
    expect(names).toEqual(["events.out.tfevents.1700000000250.tunebert"]);
  });
});

test("EventFile says which file it cannot write", () => {
  writeFileSync(join(folder, "taken"), "");
  const begin = () => new EventFile(join(folder, "taken"), { step: 0 });
  expect(begin).toThrow(TunebertError);
  expect(begin).toThrow(/cannot write .*taken.*tfevents/);
});

/** The content of each record, its checksums tested. */
function records(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUint64LE(at));
    const content = bytes.subarray(at + 12, at + 12 + length);
    expect(unmasked(bytes.readUint32LE(at + 8))).toBe(crc32c(bytes.subarray(at, at + 8)));
    expect(unmasked(bytes.readUint32LE(at + 12 + length))).toBe(crc32c(content));
    found.push(content);
    at += length + 16;
  }
  return found;
}

/** Undoes the rotation to the right by 15 bits and the addition. */
function unmasked(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

function decode(record: Buffer): object {
  return Event.toObject(Event.decode(record), { longs: Number, enums: String });
}
