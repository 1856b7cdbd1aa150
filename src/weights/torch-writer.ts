import { concatenate } from "../concatenate.js";
import { TunebertError } from "../error.js";
import { bytesOf, checkFilled } from "./elements.js";
import { rowMajorStrides } from "./layout.js";
import { type Picklable, PyCall, PyGlobal, PyReference, PyTuple, pickle } from "./pickle-writer.js";
import { quote } from "./show.js";
import type { StateDict, Tensor } from "./tensor.js";
import { LEGACY_MAGIC, LEGACY_VERSION } from "./torch-legacy.js";
import { STORAGE_CLASSES } from "./torch-storage.js";
import { writeZip } from "./zip-writer.js";

/**
 * Writes the zip archive of torch.save as an ordered state dict, which `torch.load(…, weights_only=True)` reads.
 * Each tensor has a storage of its own, and equal state dicts give equal bytes.
 * Source: `_save` in PyTorch's torch/serialization.py.
 * @throws TunebertError when a tensor's type is not known or its data do not fit its shape, or the archive would pass
 * 4 GiB
 */
export function serializeTorch(state: StateDict): Uint8Array {
  const text = (value: string) => new TextEncoder().encode(value);
  return writeZip([
    { name: `${FOLDER}/data.pkl`, data: pickle(stateDict(state, [])) },
    { name: `${FOLDER}/byteorder`, data: text("little") },
    ...[...state.values()].map(({ data }, i) => ({ name: `${FOLDER}/data/${i}`, data: bytesOf(data) })),
    { name: `${FOLDER}/version`, data: text("3\n") },
  ]);
}

/**
 * Writes the stream of torch.save before PyTorch 1.6, for readers as old as that.
 * Source: `_legacy_save` in PyTorch's torch/serialization.py.
 * @throws TunebertError when a tensor's type is not known or its data do not fit its shape
 */
export function serializeLegacyTorch(state: StateDict): Uint8Array {
  const keys = [...state].map((_, i) => String(i));
  // Storages that are no view of another have None in their reference's last place.
  const pickles = [LEGACY_MAGIC, LEGACY_VERSION, MACHINE, stateDict(state, [null]), keys].map(pickle);
  const storages = [...state.values()].flatMap(({ data }) => [
    bytesOf(BigInt64Array.of(BigInt(data.length))),
    bytesOf(data),
  ]);
  return concatenate([...pickles, ...storages]);
}

function stateDict(state: StateDict, view: readonly null[]): Picklable {
  const items = [...state].map(([name, tensor], i) => {
    checkFilled(tensor, name);
    return [name, rebuilt(tensor, name, String(i), view)] as const;
  });
  return new PyCall(ORDERED_DICT, new PyTuple(), new Map(items));
}

function rebuilt({ type, shape, data }: Tensor, name: string, key: string, view: readonly null[]): Picklable {
  const className = STORAGE_CLASSES.get(type);
  if (className === undefined) {
    const known = [...STORAGE_CLASSES.keys()].join(", ");
    throw new TunebertError(
      `tensor ${quote(name)} holds ${type} values; PyTorch's formats are written with ${known}`,
    );
  }
  const storageClass = new PyGlobal("torch", className);
  const storage = new PyReference(new PyTuple("storage", storageClass, key, "cpu", data.length, ...view));
  const strides = rowMajorStrides(shape);
  const hooks = new PyCall(ORDERED_DICT, new PyTuple());
  return new PyCall(
    REBUILD,
    new PyTuple(storage, 0, new PyTuple(...shape), new PyTuple(...strides), false, hooks),
  );
}

/** What torch.save calls its folder when it is not told a file name. */
const FOLDER = "archive";
const ORDERED_DICT = new PyGlobal("collections", "OrderedDict");
const REBUILD = new PyGlobal("torch._utils", "_rebuild_tensor_v2");
/** Facts of which readers heed the byte order alone. */
const MACHINE = new Map<string, Picklable>([
  ["protocol_version", LEGACY_VERSION],
  ["little_endian", true],
  [
    "type_sizes",
    new Map([
      ["short", 2],
      ["int", 4],
      ["long", 4],
    ]),
  ],
]);
