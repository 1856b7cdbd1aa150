import { TunebertError } from "../error.js";
import { ByteReader } from "./byte-reader.js";
import { PLAIN_DATA, unpickle } from "./pickle.js";
import { TorchNames } from "./torch-pickle.js";

/**
 * Reads the stream that torch.save wrote before PyTorch 1.6: pickles of a magic number, a version, facts about
 * the machine, the object and the storages' keys; then each storage's element count and little-endian data.
 * Source: `_legacy_save` in PyTorch's torch/serialization.py.
 * @returns the pickled object; the storages that its tensors refer to have their bytes
 * @throws TunebertError when it is another kind of pickle, or damaged
 */
export function readLegacyTorch(bytes: Uint8Array): unknown {
  const { object, keys, names, end } = readPickles(bytes);
  readStorages(new ByteReader(bytes, end, "the storage data"), keys, names);
  return object;
}

/**
 * Where the first storage begins: its element count, 8 bytes long, and its data.
 * @throws TunebertError as {@link readLegacyTorch}
 */
export function findLegacyStorages(bytes: Uint8Array): number {
  return readPickles(bytes).end;
}

interface Pickles {
  readonly object: unknown;
  readonly keys: unknown;
  readonly names: TorchNames;
  readonly end: number;
}

function readPickles(bytes: Uint8Array): Pickles {
  const magic = unpickle(bytes, 0, PLAIN_DATA);
  if (magic.value !== LEGACY_MAGIC) {
    throw new TunebertError(
      "the file is a pickle, but not one that torch.save wrote: its magic number is missing",
    );
  }
  const version = unpickle(bytes, magic.end, PLAIN_DATA);
  if (version.value !== LEGACY_VERSION) {
    throw new TunebertError(`the file has another version than ${LEGACY_VERSION} of PyTorch's legacy format`);
  }
  const machine = unpickle(bytes, version.end, PLAIN_DATA);
  const names = new TorchNames();
  const object = unpickle(bytes, machine.end, names);
  const keys = unpickle(bytes, object.end, PLAIN_DATA);
  return { object: object.value, keys: keys.value, names, end: keys.end };
}

function readStorages(reader: ByteReader, keys: unknown, names: TorchNames): void {
  if (!Array.isArray(keys))
    throw new TunebertError("the list of storage keys is not a list; the file is damaged");
  for (const key of keys) {
    const storage = names.storages.get(key);
    if (!storage) {
      throw new TunebertError(
        "the list of storage keys has one that no tensor refers to; the file is damaged",
      );
    }
    const count = reader.uint64();
    if (count !== storage.count) {
      throw new TunebertError(
        `storage ${storage.key} has ${count} elements, but its tensors expect ${storage.count}; the file is damaged`,
      );
    }
    storage.bytes = reader.take(storage.byteLength);
  }
}

/** What opens the stream. */
export const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
export const LEGACY_VERSION = 1001;
