import type { StateDict } from "./tensor.js";
import { findDictionary } from "./torch-dictionaries.js";
import { readLegacyTorch } from "./torch-legacy.js";
import { TensorMaker } from "./torch-tensor.js";
import { readZipTorch } from "./torch-zip.js";
import { isZip } from "./zip-directory.js";

/**
 * Reads what `torch.save(model.state_dict(), …)` wrote, in the zip format (since PyTorch 1.6) or the legacy one
 * before, or a checkpoint with such a dictionary in it. Tensors are views of `bytes` where alignment and strides
 * allow; tensors that share a storage share memory.
 * Source: PyTorch's torch/serialization.py.
 * @param key which dictionary of tensors is wanted: see {@link findDictionary}
 * @throws TunebertError when the file is damaged, asks for anything but plain tensors, or holds no state dict, or
 * several and no `key` says which
 */
export function parseTorch(bytes: Uint8Array, key?: string): StateDict {
  const { object, bigEndian } = isZip(bytes)
    ? readZipTorch(bytes)
    : { object: readLegacyTorch(bytes), bigEndian: false };
  const maker = new TensorMaker(bytes.length, { bigEndian });
  const state: StateDict = new Map();
  for (const [name, tensor] of findDictionary(object, key)) state.set(name, maker.make(tensor, name));
  return state;
}
