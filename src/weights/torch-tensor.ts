import { TunebertError } from "../error.js";
import { FREE_VIEWED_BYTES, MAX_VIEWED_BYTES_PER_BYTE, TENSOR_OBJECT_BYTES } from "./budgets.js";
import { countElements, elementsOf, isNatural, isTensorType, swapped } from "./elements.js";
import { gather, isRowMajor, type Layout } from "./layout.js";
import { quote, showNumber, showNumbers } from "./show.js";
import type { Tensor, TensorData } from "./tensor.js";
import { TorchTensor, type UnreadTorchTensor } from "./torch-pickle.js";
import type { TorchStorage } from "./torch-storage.js";
import { UnreadTensor } from "./unread-tensor.js";

/**
 * Makes dense tensors of what a pickle describes: a view of the storage when the elements lie in row-major
 * order, else a gathered copy. Storages must have their bytes by then.
 */
export class TensorMaker {
  readonly #elements = new Map<TorchStorage, TensorData>();
  readonly #bigEndian: boolean;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(fileBytes: number, { bigEndian }: { readonly bigEndian: boolean }) {
    this.#bigEndian = bigEndian;
    this.#maxBytes = Math.max(FREE_VIEWED_BYTES, MAX_VIEWED_BYTES_PER_BYTE * fileBytes);
  }

  /**
   * @param name what the file calls it
   * @throws TunebertError when offset, shape and strides do not stay within the storage
   */
  make(tensor: TorchTensor | UnreadTorchTensor, name: string): Tensor {
    const count = countElements(tensor.shape, quote(name));
    const shape = tensor.shape as readonly number[];
    if (!(tensor instanceof TorchTensor)) return new UnreadTensor(tensor.type, shape, name);
    const { elementType: type, elementSize } = tensor.span.storage.type;
    if (!isTensorType(type)) return new UnreadTensor(type, shape, name);
    const layout = { shape, strides: checkedStrides(tensor, quote(name)) };
    const offset = checkedOffset(tensor, layout, count, quote(name));
    const elements = this.#elementsOf(tensor.span.storage);
    const start = tensor.span.start + offset;
    this.#countBytes(count * elementSize, name);
    if (count === 0 || isRowMajor(layout)) {
      return { type, shape, data: elements.subarray(start, start + count) };
    }
    return { type, shape, data: gather(elements, start, layout, count) };
  }

  #elementsOf(storage: TorchStorage): TensorData {
    const known = this.#elements.get(storage);
    if (known) return known;
    const { bytes, key } = storage;
    const type = storage.type.elementType;
    if (!bytes || !isTensorType(type)) {
      throw new TunebertError(`the file does not hold storage ${key}, which a tensor refers to`);
    }
    const elements = elementsOf(this.#bigEndian ? swapped(bytes, type) : bytes, type);
    this.#elements.set(storage, elements);
    return elements;
  }

  /** Tensors that see the same elements count each: a model copies them, so that each can be trained. */
  #countBytes(bytes: number, name: string): void {
    this.#bytes += bytes + TENSOR_OBJECT_BYTES;
    if (this.#bytes <= this.#maxBytes) return;
    throw new TunebertError(
      `tensor ${quote(name)} is a view that takes ${bytes} bytes when written out, and the file's tensors together ` +
        `more than ${this.#maxBytes}, far more than the file; save it again after tensor.clone()`,
    );
  }
}

function checkedStrides({ shape, strides }: TorchTensor, name: string): readonly number[] {
  if (strides.length === shape.length && strides.every(isNatural)) return strides;
  throw new TunebertError(
    `tensor ${name} has the strides ${showNumbers(strides)} for the shape ${showNumbers(shape)}; ` +
      "expected one whole number from 0 for each dimension",
  );
}

function checkedOffset({ span, offset }: TorchTensor, layout: Layout, count: number, name: string): number {
  const { shape, strides } = layout;
  if (!isNatural(offset)) {
    throw new TunebertError(
      `tensor ${name} has the offset ${showNumber(offset)}; expected a whole number from 0`,
    );
  }
  if (count === 0) return 0;
  // There is a stride for each dimension. Sums past 2^53 lose digits but stay far above any storage's count, so the comparison still holds.
  const last = shape.reduce((at, dimension, i) => at + (dimension - 1) * strides[i]!, offset);
  if (last < span.count) return offset;
  throw new TunebertError(
    `tensor ${name} reaches element ${last} of storage ${span.storage.key}, which has ${span.count}; ` +
      "the file is damaged",
  );
}
