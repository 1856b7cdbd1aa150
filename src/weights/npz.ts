import { Inflate } from "fflate";
import { TunebertError } from "../error.js";
import { FREE_INFLATED_BYTES, MAX_INFLATED_BYTES_PER_BYTE } from "./budgets.js";
import { parseNpy, serializeNpy } from "./npy.js";
import { quote } from "./show.js";
import type { StateDict } from "./tensor.js";
import { openZip } from "./zip-directory.js";
import { writeZip } from "./zip-writer.js";

/** Whether a zip archive holds arrays and nothing else. */
export function isNpz(bytes: Uint8Array): boolean {
  return openZip(bytes).names.every((name) => name.endsWith(SUFFIX));
}

/**
 * Reads what `numpy.savez` or `numpy.savez_compressed` wrote, MXNet 2's `save_parameters` among others. Tensors
 * are views of `bytes` where they are not compressed and alignment allows.
 * Source: the documentation of numpy.savez; for its arrays see {@link parseNpy}.
 * @throws TunebertError when an array cannot be read, or what is compressed grows out of all proportion
 */
export function parseNpz(bytes: Uint8Array): StateDict {
  let left = Math.max(FREE_INFLATED_BYTES, MAX_INFLATED_BYTES_PER_BYTE * bytes.length);
  const zip = openZip(bytes, (data, size, name) => {
    left -= size;
    if (left >= 0) return inflate(data, size, name);
    throw new TunebertError(
      `the zip archive's entry ${quote(name)} is to grow to ${size} bytes; compressed entries may take up ` +
        `${MAX_INFLATED_BYTES_PER_BYTE} times the file's size: save it again with numpy.savez`,
    );
  });
  const state: StateDict = new Map();
  for (const entry of zip.names) {
    const name = entry.slice(0, -SUFFIX.length);
    state.set(name, parseNpy(zip.read(entry), name));
  }
  return state;
}

/**
 * Writes an uncompressed archive that `numpy.load` reads; the data of each array are aligned.
 * @throws TunebertError as {@link serializeNpy} and {@link writeZip}
 */
export function serializeNpz(state: StateDict): Uint8Array {
  return writeZip(
    [...state].map(([name, tensor]) => ({ name: `${name}${SUFFIX}`, data: serializeNpy(tensor, name) })),
  );
}

/** Stops at the declared size, whatever would come after it. */
function inflate(data: Uint8Array, size: number, name: string): Uint8Array {
  const inflated = new Uint8Array(size);
  let length = 0;
  const stream = new Inflate((piece) => {
    if (length + piece.length <= size) inflated.set(piece, length);
    length += piece.length;
  });
  try {
    for (let at = 0; at < data.length && length <= size; at += PIECE_BYTES) {
      stream.push(data.subarray(at, at + PIECE_BYTES), at + PIECE_BYTES >= data.length);
    }
  } catch (cause) {
    throw new TunebertError(`the zip archive's entry ${quote(name)} cannot be decompressed; it is damaged`, {
      cause,
    });
  }
  if (length === size) return inflated;
  throw new TunebertError(
    `the zip archive's entry ${quote(name)} decompresses to ${length} bytes${length > size ? " or more" : ""}, ` +
      `expected ${size}`,
  );
}

const SUFFIX = ".npy";
/** A piece may grow to a thousand times its size. */
const PIECE_BYTES = 16 * 1024;
