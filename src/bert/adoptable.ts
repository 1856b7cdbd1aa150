import type { StateDict, Tensor } from "../weights/tensor.js";
import { UnreadTensor } from "../weights/unread-tensor.js";

/**
 * The tensors that a model may take for its parameters as they lie in memory, without a copy: those that worker
 * threads can share, unless tensors of the state dict are views of one another.
 */
export function adoptable(state: StateDict): ReadonlySet<Tensor> {
  const found = new Set<Tensor>();
  for (const [memory, tensors] of byMemory(state)) {
    if (memory instanceof ArrayBuffer || !areApart(tensors)) continue;
    for (const tensor of tensors) found.add(tensor);
  }
  return found;
}

function byMemory(state: StateDict): Map<ArrayBufferLike, Tensor[]> {
  const groups = new Map<ArrayBufferLike, Tensor[]>();
  for (const tensor of state.values()) {
    if (tensor instanceof UnreadTensor) continue;
    const { buffer } = tensor.data;
    const group = groups.get(buffer);
    if (group) group.push(tensor);
    else groups.set(buffer, [tensor]);
  }
  return groups;
}

/** Whether no two tensors in the same memory have bytes in common. */
function areApart(tensors: readonly Tensor[]): boolean {
  const ranges = tensors.map(({ data }) => data).sort((a, b) => a.byteOffset - b.byteOffset);
  return ranges.every((range, i) => {
    const previous = ranges[i - 1];
    return !previous || previous.byteOffset + previous.byteLength <= range.byteOffset;
  });
}
