import { createHash } from "node:crypto";
import { TunebertError } from "../../error.js";
import { anything, parseJson, record } from "../../text/json-reader.js";
import { parseSafetensors, parseSafetensorsMetadata, safetensorsPieces } from "../../weights/safetensors.js";
import type { StateDict } from "../../weights/tensor.js";
import { inFile } from "../files/files.js";
import { writeWhole } from "../files/write-whole.js";
import { readSharedBytes } from "./read-weights.js";

/** Tensors, and what goes with them as JSON. */
export interface StoredCheckpoint<State = Readonly<Record<string, unknown>>> {
  readonly tensors: StateDict;
  readonly state: State;
}

/** `format` in the header, by which a file is known to be a checkpoint. */
const FORMAT = "tunebert-checkpoint";
/** The last tensor: of all the bytes before it. */
const CHECKSUM = "sha256";
const CHECKSUM_BYTES = 32;
/** Hashed at a time, between which training goes on. */
const PIECE_BYTES = 1 << 22;

/**
 * Writes a checkpoint: a safetensors file whose metadata hold the state, and whose last tensor is a checksum of the
 * rest. No second copy of it is made in memory.
 * @returns the bytes written
 * @throws TunebertError when it cannot be written; what was there before stays
 */
export async function writeCheckpoint(
  path: string,
  { tensors, state }: StoredCheckpoint<object>,
): Promise<number> {
  const checksum = new Uint8Array(CHECKSUM_BYTES);
  const all: StateDict = new Map(tensors);
  all.set(CHECKSUM, { type: "uint8", shape: [CHECKSUM_BYTES], data: checksum });
  const metadata = { format: FORMAT, state: JSON.stringify(state) };
  let bytes = 0;
  function* pieces(): Generator<Uint8Array> {
    const hash = createHash("sha256");
    for (const tensor of safetensorsPieces(all, metadata)) {
      if (tensor.buffer === checksum.buffer) checksum.set(hash.digest());
      for (let at = 0; at < tensor.length; at += PIECE_BYTES) {
        const piece = tensor.subarray(at, at + PIECE_BYTES);
        if (tensor.buffer !== checksum.buffer) hash.update(piece);
        yield piece;
        bytes += piece.length;
      }
    }
  }
  await writeWhole(path, pieces());
  return bytes;
}

/**
 * Reads what {@link writeCheckpoint} wrote, into memory that threads can share.
 * @throws TunebertError that names the file, when it cannot be read, is damaged, or is of another version
 */
export function readCheckpoint(path: string): StoredCheckpoint & { readonly bytes: number } {
  const bytes = readSharedBytes(path);
  return inFile(path, () => {
    expectIntact(bytes);
    const { format, state } = parseSafetensorsMetadata(bytes);
    if (format !== FORMAT || state === undefined) throw new TunebertError("it is no checkpoint of tunebert");
    const tensors = parseSafetensors(bytes);
    tensors.delete(CHECKSUM);
    return { tensors, state: parseJson(state, "its state", record(anything)), bytes: bytes.length };
  });
}

function expectIntact(bytes: Uint8Array): void {
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  const checksum = createHash("sha256").update(body).digest();
  if (bytes.length > CHECKSUM_BYTES && checksum.equals(bytes.subarray(-CHECKSUM_BYTES))) return;
  throw new TunebertError("it is damaged: its checksum is not that of its content");
}
