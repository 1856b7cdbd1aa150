import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { TunebertError } from "../../error.js";
import {
  expectWeights,
  findMisalignment,
  parseWeights,
  type WeightsOptions,
} from "../../weights/parse-weights.js";
import type { StateDict } from "../../weights/tensor.js";
import { readFailure } from "../files/files.js";

/**
 * Reads a weights file of any known format into memory that worker threads can share, once and not copied: the
 * tensors are views of the file where it lies in memory, moved by a few bytes if that aligns them.
 * @param options which part of the file: see {@link parseWeights}
 * @throws TunebertError that names the file, when it cannot be read or its content is refused
 */
export function readWeights(path: string, options: WeightsOptions = {}): StateDict {
  return parseWeights(readSharedBytes(path), path, options);
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
    if (about.isCharacterDevice() || about.isBlockDevice()) {
      throw new TunebertError(`cannot read ${path}: it is a device, not a file`);
    }
    if (!about.isFile()) return readPipe(file, path);
    const bytes = allocate(about.size, path);
    return bytes.subarray(0, fill(file, bytes));
  } catch (error) {
    throw error instanceof TunebertError ? error : readFailure(path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function allocate(size: number, path: string): Uint8Array {
  try {
    return new Uint8Array(new SharedArrayBuffer(ROOM + size), ROOM);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new TunebertError(`cannot read ${path}: its ${size} bytes do not fit into memory`, { cause });
  }
}

/** A pipe does not know its size, and may have no end. */
function readPipe(file: number, path: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let size = 0; size <= MAX_PIPE_BYTES; ) {
    const piece = new Uint8Array(PIPE_PIECE_BYTES);
    const read = fill(file, piece);
    pieces.push(piece.subarray(0, read));
    size += read;
    if (read < piece.length) return shared(pieces, size, path);
    expectWeights(pieces[0] ?? piece, path);
  }
  throw new TunebertError(
    `cannot read ${path}: it is a pipe with more than ${MAX_PIPE_BYTES} bytes; write them to a file first`,
  );
}

function shared(pieces: readonly Uint8Array[], size: number, path: string): Uint8Array {
  const whole = allocate(size, path);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
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
/** Larger weights are better read from a file. */
const MAX_PIPE_BYTES = 2 ** 31;
const PIPE_PIECE_BYTES = 1 << 22;
