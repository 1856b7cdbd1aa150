import { TunebertError } from "../error.js";
import { quote, showNumbers } from "./show.js";
import type { Tensor, TensorData, TensorType } from "./tensor.js";

/** Raw little-endian bytes as elements: a view of the same memory where alignment allows, else a copy. */
export function elementsOf(bytes: Uint8Array, type: TensorType): TensorData {
  const ElementArray = ARRAYS[type];
  const size = ElementArray.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new ElementArray(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

/** The raw little-endian bytes of elements: a view of the same memory. */
export function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A copy with the bytes of each element in the other order: big-endian elements as little-endian ones. */
export function swapped(bytes: Uint8Array, type: TensorType): Uint8Array {
  const size = elementSize(type);
  const copy = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) copy[i] = bytes[i - (i % size) + size - 1 - (i % size)]!;
  return copy;
}

/** Bytes that one element takes. */
export function elementSize(type: TensorType): number {
  return ARRAYS[type].BYTES_PER_ELEMENT;
}

/**
 * The product of the dimensions.
 * @throws TunebertError when a dimension is no natural number or the product no safe integer
 */
export function countElements(shape: readonly unknown[], name: string): number {
  if (!shape.every(isNatural)) {
    throw new TunebertError(
      `tensor ${name} has the shape ${showNumbers(shape)}; each dimension must be a whole number from 0`,
    );
  }
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  if (Number.isSafeInteger(count)) return count;
  throw new TunebertError(
    `tensor ${name} has the shape ${showNumbers(shape)}, more elements than a file can hold`,
  );
}

/** @throws TunebertError when the tensor has another number of elements than its shape says */
export function checkFilled({ shape, data }: Tensor, name: string): void {
  const expected = countElements(shape, quote(name));
  if (data.length === expected) return;
  throw new TunebertError(
    `tensor ${quote(name)} has ${data.length} elements; its shape ${showNumbers(shape)} says ${expected}`,
  );
}

/** Whether elements of the type are read. */
export function isTensorType(type: string): type is TensorType {
  return Object.hasOwn(ARRAYS, type);
}

/** Whether the value is a whole number from 0 that a double holds exactly. */
export function isNatural(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

interface ElementArray {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TensorData;
}

const ARRAYS: Readonly<Record<TensorType, ElementArray>> = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};
