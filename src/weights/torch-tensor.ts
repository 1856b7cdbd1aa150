import { TunebertError } from "../error.js";
import { countElements, elementSize, elementsOf, isNatural } from "./elements.js";
import { gather, isRowMajor, type Layout } from "./layout.js";
import { showNumber, showNumbers } from "./show.js";
import type { Tensor, TensorData } from "./tensor.js";
import type { TorchStorage, TorchTensor } from "./torch-pickle.js";

/**
 * Makes dense tensors of what a pickle describes: a view of the storage when the elements lie in row-major
 * order, else a gathered copy. Storages must have their bytes by then.
 */
export class TensorMaker {
  readonly #elements = new Map<TorchStorage, TensorData>();
  #copyableBytes: number;

  constructor(fileBytes: number) {
    this.#copyableBytes = Math.max(MIN_COPYABLE_BYTES, MAX_COPIES * fileBytes);
  }

  /** @throws TunebertError when offset, shape and strides do not stay within the storage */
  make(tensor: TorchTensor, name: string): Tensor {
    const { span, shape } = tensor;
    const { type } = span.storage;
    const count = countElements(shape, name);
    const layout = { shape: shape as readonly number[], strides: checkedStrides(tensor, name) };
    const offset = checkedOffset(tensor, layout, count, name);
    const elements = this.#elementsOf(span.storage);
    const start = span.start + offset;
    if (count === 0 || isRowMajor(layout)) {
      return { type, shape: layout.shape, data: elements.subarray(start, start + count) };
    }
    this.#countCopy(count * elementSize(type), name);
    return { type, shape: layout.shape, data: gather(elements, start, layout, count) };
  }

  #elementsOf(storage: TorchStorage): TensorData {
    const known = this.#elements.get(storage);
    if (known) return known;
    if (!storage.bytes) {
      throw new TunebertError(`the file does not hold storage ${storage.key}, which a tensor refers to`);
    }
    const elements = elementsOf(storage.bytes, storage.type);
    this.#elements.set(storage, elements);
    return elements;
  }

  #countCopy(bytes: number, name: string): void {
    this.#copyableBytes -= bytes;
    if (this.#copyableBytes >= 0) return;
    throw new TunebertError(
      `tensor ${name} is a strided view that takes ${bytes} bytes when written out, and the file's views ` +
        "together take far more than the file; save it again after tensor.contiguous()",
    );
  }
}

/** Transposed weights are copied once each; a small file must not unfold into a large allocation. */
const MAX_COPIES = 4;
/** Small files may hold broadcast tensors (strides of 0) that unfold to many times their size. */
const MIN_COPYABLE_BYTES = 64 * 1024 * 1024;

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
  // Sums past 2^53 lose digits but stay far above any storage's count, so the comparison still holds.
  const last = shape.reduce((at, dimension, i) => at + (dimension - 1) * strides[i]!, offset);
  if (last < span.count) return offset;
  throw new TunebertError(
    `tensor ${name} reaches element ${last} of storage ${span.storage.key}, which has ${span.count}; ` +
      "the file is damaged",
  );
}
