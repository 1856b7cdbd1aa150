import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { findMisalignment, parseWeights } from "../weights/parse-weights.js";
import type { StateDict } from "../weights/tensor.js";
import { readFailure } from "./files.js";

/**
 * Reads a weights file of any known format into memory that worker threads can share, once and not copied: the
 * tensors are views of the file where it lies in memory, moved by a few bytes if that aligns them.
 * @throws TunebertError that names the file, when it cannot be read or its content is refused
 */
export function readWeights(path: string): StateDict {
  return parseWeights(readSharedBytes(path), path);
}

/** The whole file in memory that threads can share, placed so that tensors in it are aligned. @throws TunebertError */
export function readSharedBytes(path: string): Uint8Array {
  return aligned(readShared(path));
}

/** The file's bytes, with room to move them before they begin. */
function readShared(path: string): Uint8Array {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const about = fstatSync(file);
    // A pipe does not know its size.
    if (!about.isFile()) return readFileSync(file);
    const bytes = new Uint8Array(new SharedArrayBuffer(ROOM + about.size), ROOM);
    return bytes.subarray(0, fill(file, bytes));
  } catch (error) {
    throw readFailure(path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function fill(file: number, bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const read = readSync(file, bytes, at, Math.min(MAX_READ, bytes.length - at), null);
    if (read === 0) break;
    at += read;
  }
  return at;
}

function aligned(bytes: Uint8Array): Uint8Array {
  const shift = findMisalignment(bytes);
  if (shift === 0 || shift > bytes.byteOffset) return bytes;
  const moved = new Uint8Array(bytes.buffer, bytes.byteOffset - shift, bytes.length);
  moved.set(bytes);
  return moved;
}

const ROOM = 8;
/** The operating system takes less than 2 GiB at a time. */
const MAX_READ = 1 << 30;
