import { TunebertError } from "../error.js";
import { elementSize, isNatural } from "./elements.js";
import { PickleGlobal } from "./pickle-values.js";
import { showNumber } from "./show.js";
import type { TensorType } from "./tensor.js";

/** A run of elements that tensors are views of, as declared; `bytes` once its place in the file is known. */
export class TorchStorage {
  bytes: Uint8Array | undefined;

  constructor(
    readonly key: string,
    readonly type: StorageType,
    readonly count: number,
  ) {}

  /** Bytes that it takes in the file. */
  get byteLength(): number {
    return this.count * this.type.elementSize;
  }
}

/** The part of a storage that a tensor sees, in elements; all of it, but for the views of very old files. */
export class TorchStorageSpan {
  constructor(
    readonly storage: TorchStorage,
    readonly start: number,
    readonly count: number,
  ) {}
}

/** @throws TunebertError when the view reaches outside the storage */
export function viewOf(storage: TorchStorage, [, start, count]: readonly unknown[]): TorchStorageSpan {
  if (isNatural(start) && isNatural(count) && start + count <= storage.count) {
    return new TorchStorageSpan(storage, start, count);
  }
  throw new TunebertError(
    `a view of storage ${storage.key} reaches outside its ${storage.count} elements (from ${showNumber(start)}, ${showNumber(count)} long)`,
  );
}

/** PyTorch's class of a storage, by which a pickle names the type of its elements. */
export class StorageType extends PickleGlobal {
  constructor(
    name: string,
    /** What the elements are called; those of a {@link TensorType} are read. */
    readonly elementType: string,
    readonly elementSize: number,
  ) {
    super(name);
  }
}

/** PyTorch's class, in its module torch, of a storage of each element type. */
export const STORAGE_CLASSES: ReadonlyMap<string, string> = new Map<TensorType, string>([
  ["float64", "DoubleStorage"],
  ["float32", "FloatStorage"],
  ["float16", "HalfStorage"],
  ["bfloat16", "BFloat16Storage"],
  ["int64", "LongStorage"],
  ["int32", "IntStorage"],
  ["int16", "ShortStorage"],
  ["int8", "CharStorage"],
  ["uint8", "ByteStorage"],
  ["bool", "BoolStorage"],
]);

/** Those whose elements are not read, with the bytes that one of them takes in a file. */
const UNREAD_STORAGE_CLASSES: readonly (readonly [type: string, className: string, size: number])[] = [
  ["complex64", "ComplexFloatStorage", 8],
  ["complex128", "ComplexDoubleStorage", 16],
  ["qint8", "QInt8Storage", 1],
  ["qint32", "QInt32Storage", 4],
  ["quint8", "QUInt8Storage", 1],
  ["quint4x2", "QUInt4x2Storage", 1],
  ["quint2x4", "QUInt2x4Storage", 1],
];

/** All that a pickle may name; PyTorch before 0.4 had classes of their own for what lay on a GPU. */
export const STORAGE_TYPES: readonly StorageType[] = [
  ...["torch", "torch.cuda"].flatMap((module) => [
    ...[...STORAGE_CLASSES].map(
      ([type, name]) => new StorageType(`${module}.${name}`, type, elementSize(type as TensorType)),
    ),
    ...UNREAD_STORAGE_CLASSES.map(([type, name, size]) => new StorageType(`${module}.${name}`, type, size)),
  ]),
  // Bytes, whose meaning the tensor tells.
  new StorageType("torch.storage.UntypedStorage", "uint8", 1),
];
