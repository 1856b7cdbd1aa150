import { TunebertError } from "../error.js";
import type { StateDict } from "../weights/tensor.js";

/**
 * A BERT that d2l's MXNet programs saved, under the names of d2l's PyTorch programs, which are ours; any other
 * state dict as it is. The tensors are the same in both: only their names differ.
 * Source: d2l sections 15.8 and 16.7, in both versions; gluon's `save_parameters` names parameters by structure.
 * @throws TunebertError when two tensors would have the same name
 */
export function toTorchNames(state: StateDict): StateDict {
  return isBert(state, MXNET_NORM) ? renamed(state, torchName) : state;
}

/**
 * A BERT of ours or of d2l's PyTorch programs, under the names of d2l's MXNet programs; any other state dict as
 * it is.
 * @throws TunebertError when two tensors would have the same name
 */
export function toMxnetNames(state: StateDict): StateDict {
  return isBert(state, TORCH_NORM) ? renamed(state, mxnetName) : state;
}

/** Gluon makes one layer of a linear layer and its activation, so that modules in a sequence count differently. */
const MODULES: ReadonlyMap<string, string> = new Map([
  ["hidden", "hidden.0"],
  ["mlm.mlp.1", "mlm.mlp.2"],
  ["mlm.mlp.2", "mlm.mlp.3"],
]);
const MXNET_MODULES = new Map([...MODULES].map(([mxnet, torch]) => [torch, mxnet]));

/** What gluon calls the parameters of a LayerNorm. */
const NORM_PARAMETERS: ReadonlyMap<string, string> = new Map([
  ["gamma", "weight"],
  ["beta", "bias"],
]);
const MXNET_NORM_PARAMETERS = new Map([...NORM_PARAMETERS].map(([mxnet, torch]) => [torch, mxnet]));

/** The LayerNorm modules, by their names in PyTorch. */
const NORM = /\.ln$|^mlm\.mlp\.2$/;
const MXNET_NORM = /^encoder\..*\.ln\.gamma$/;
const TORCH_NORM = /^encoder\..*\.ln\.weight$/;

function isBert(state: StateDict, norm: RegExp): boolean {
  return state.has("encoder.token_embedding.weight") && [...state.keys()].some((name) => norm.test(name));
}

function torchName(name: string): string {
  const { module, parameter } = split(name);
  return join(MODULES.get(module) ?? module, NORM_PARAMETERS.get(parameter) ?? parameter);
}

function mxnetName(name: string): string {
  const { module, parameter } = split(name);
  const own = NORM.test(module) ? MXNET_NORM_PARAMETERS.get(parameter) : undefined;
  return join(MXNET_MODULES.get(module) ?? module, own ?? parameter);
}

/** A name without a dot is a parameter of the model itself, whose module has no name. */
function split(name: string): { module: string; parameter: string } {
  const dot = name.lastIndexOf(".");
  return { module: name.slice(0, Math.max(dot, 0)), parameter: name.slice(dot + 1) };
}

function join(module: string, parameter: string): string {
  return module === "" ? parameter : `${module}.${parameter}`;
}

function renamed(state: StateDict, rename: (name: string) => string): StateDict {
  const result: StateDict = new Map();
  for (const [name, tensor] of state) {
    const own = rename(name);
    if (result.has(own)) {
      throw new TunebertError(
        `the weights have ${own} under the names of d2l's PyTorch and of its MXNet classes; remove one of the two`,
      );
    }
    result.set(own, tensor);
  }
  return result;
}
