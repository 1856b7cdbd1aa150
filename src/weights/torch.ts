import { TunebertError } from "../error.js";
import { quote } from "./show.js";
import type { StateDict } from "./tensor.js";
import { readLegacyTorch } from "./torch-legacy.js";
import { TorchTensor } from "./torch-pickle.js";
import { TensorMaker } from "./torch-tensor.js";
import { readZipTorch } from "./torch-zip.js";
import { isZip } from "./zip-directory.js";

/**
 * Reads what `torch.save(model.state_dict(), …)` wrote, in the zip format (since PyTorch 1.6) or the legacy one
 * before. A checkpoint dict of which exactly one value is a state dict counts as that state dict. Tensors are
 * views of `bytes` where alignment and strides allow; tensors that share a storage share memory.
 * Source: PyTorch's torch/serialization.py.
 * @throws TunebertError when the file is damaged, asks for anything but plain tensors, or holds no state dict
 */
export function parseTorch(bytes: Uint8Array): StateDict {
  const object = isZip(bytes) ? readZipTorch(bytes) : readLegacyTorch(bytes);
  const tensors = findStateDict(object);
  const maker = new TensorMaker(bytes.length);
  const state: StateDict = new Map();
  for (const [name, tensor] of tensors) state.set(name, maker.make(tensor, quote(name)));
  return state;
}

function findStateDict(object: unknown): Map<string, TorchTensor> {
  if (isStateDict(object)) return object;
  if (!(object instanceof Map)) {
    throw new TunebertError(`the file holds ${kindOf(object)} instead of a dictionary of tensors; ${ADVICE}`);
  }
  // Each distinct value is looked at once: a hostile pickle can name one large dictionary very often.
  const values = [...new Set(object.values())];
  const inner = values.filter((value) => isStateDict(value) && value.size > 0);
  if (inner.length === 1 && !values.some((value) => value instanceof TorchTensor)) {
    return inner[0] as Map<string, TorchTensor>;
  }
  const strangers = [...object].filter(([key, value]) => !isNamedTensor(key, value));
  const some = strangers.slice(0, MAX_LISTED).map(([key, value]) => `${nameOf(key)} (${kindOf(value)})`);
  if (strangers.length > MAX_LISTED) some.push(`${strangers.length - MAX_LISTED} more`);
  throw new TunebertError(`the file holds more than named tensors: ${some.join(", ")}; ${ADVICE}`);
}

function isStateDict(value: unknown): value is Map<string, TorchTensor> {
  return value instanceof Map && [...value].every(([key, item]) => isNamedTensor(key, item));
}

function isNamedTensor(key: unknown, value: unknown): boolean {
  return typeof key === "string" && value instanceof TorchTensor;
}

function nameOf(key: unknown): string {
  return typeof key === "string" ? quote(key) : typeof key === "number" ? String(key) : kindOf(key);
}

function kindOf(value: unknown): string {
  if (value instanceof TorchTensor) return "a tensor";
  if (value instanceof Map) return "a dictionary";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "text";
  if (typeof value === "number" || typeof value === "bigint") return "a number";
  return value === null ? "None" : "some other object";
}

const MAX_LISTED = 5;
const ADVICE = "save the weights alone: torch.save(model.state_dict(), …)";
