import type { StateDict } from "../weights/tensor.js";

/** A BERT whose names had a prefix in common. */
export interface Unprefixed {
  readonly state: StateDict;
  /** What was taken off, its last dot included; empty where there was none. */
  readonly prefix: string;
}

/**
 * Takes off what all names of a BERT begin with, where a program saved the model wrapped in others: `module.` of
 * data-parallel training, `_orig_mod.` of compiled models, `bert.` or the like, and several of them. Any other state
 * dict stays as it is.
 */
export function takeOffPrefix(state: StateDict): Unprefixed {
  const prefix = commonPrefix(state);
  if (prefix === "") return { state, prefix };
  return { state: new Map([...state].map(([name, tensor]) => [name.slice(prefix.length), tensor])), prefix };
}

/** For a person to read. @param prefix as {@link takeOffPrefix} found it */
export function describePrefix(prefix: string): string {
  return `the names of all tensors begin with ${JSON.stringify(prefix)}, which is taken off`;
}

/** A tensor that every BERT of d2l's has, in PyTorch's names and in MXNet's. */
const EVERY_BERT = "encoder.token_embedding.weight";

function commonPrefix(state: StateDict): string {
  const names = [...state.keys()];
  const known = names.find((name) => name.endsWith(`.${EVERY_BERT}`));
  if (known === undefined || state.has(EVERY_BERT)) return "";
  const prefix = known.slice(0, -EVERY_BERT.length);
  return names.every((name) => name.startsWith(prefix)) ? prefix : "";
}
