import { serializeMxnet } from "./mxnet.js";
import { serializeNpz } from "./npz.js";
import { serializeSafetensors } from "./safetensors.js";
import type { StateDict } from "./tensor.js";
import { serializeLegacyTorch, serializeTorch } from "./torch-writer.js";

/** The formats of weights files that can be written; all of them can be read. */
export type WeightsFormat = "safetensors" | "torch" | "torch-legacy" | "mxnet" | "npz";

/**
 * Writes a weights file. Equal tensors in equal order give equal bytes.
 * @throws TunebertError when the format has no counterpart of an element type, or a tensor's data do not fit its
 * shape
 */
export function serializeWeights(state: StateDict, format: WeightsFormat): Uint8Array {
  return SERIALIZERS[format](state);
}

/**
 * The format that a file's name stands for, or undefined where it stands for none. `.params` is PyTorch's: that is
 * what d2l calls its PyTorch checkpoints, although MXNet's bear the same name.
 */
export function formatOfName(fileName: string): WeightsFormat | undefined {
  return EXTENSIONS.get(/\.[^.]*$/.exec(fileName)?.[0].toLowerCase() ?? "");
}

const SERIALIZERS: Readonly<Record<WeightsFormat, (state: StateDict) => Uint8Array>> = {
  safetensors: serializeSafetensors,
  torch: serializeTorch,
  "torch-legacy": serializeLegacyTorch,
  mxnet: serializeMxnet,
  npz: serializeNpz,
};
export const WEIGHTS_FORMATS = Object.keys(SERIALIZERS) as readonly WeightsFormat[];

const EXTENSIONS: ReadonlyMap<string, WeightsFormat> = new Map([
  [".safetensors", "safetensors"],
  [".params", "torch"],
  [".pt", "torch"],
  [".pth", "torch"],
  [".bin", "torch"],
  [".npz", "npz"],
]);
