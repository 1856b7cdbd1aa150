import { TunebertError } from "../error.js";
import { isNatural } from "./elements.js";
import { PickleGlobal, type PickleNames, PickleTuple } from "./pickle.js";
import { showNumber } from "./show.js";
import type { TensorType } from "./tensor.js";

/** A run of elements that tensors are views of, as declared; `bytes` once its place in the file is known. */
export class TorchStorage {
  bytes: Uint8Array | undefined;

  constructor(
    readonly key: string,
    readonly type: TensorType,
    readonly count: number,
  ) {}
}

/** The part of a storage that a tensor sees, in elements; all of it, but for the views of very old files. */
export class TorchStorageSpan {
  constructor(
    readonly storage: TorchStorage,
    readonly start: number,
    readonly count: number,
  ) {}
}

/** A tensor as the pickle describes it; offset, shape and strides are not yet checked. */
export class TorchTensor {
  constructor(
    readonly span: TorchStorageSpan,
    readonly offset: unknown,
    readonly shape: readonly unknown[],
    readonly strides: readonly unknown[],
  ) {}
}

/**
 * What the pickle of a state dict may name: OrderedDict, the typed storages, and the functions that put
 * tensors and parameters together. `storages` collects the storages on the way.
 * Source: PyTorch's torch/_utils.py (rebuild functions) and torch/serialization.py (persistent ids).
 */
export class TorchNames implements PickleNames {
  readonly storages = new Map<string, TorchStorage>();

  global(name: string): PickleGlobal | undefined {
    return GLOBALS.get(name);
  }

  /** ("storage", type, key, device, element count[, None or (view key, first element, element count)]) */
  persistent(id: unknown): TorchStorageSpan {
    const [kind, type, key, , count, view] = id instanceof PickleTuple ? id.items : [];
    if (
      kind !== "storage" ||
      !(type instanceof StorageType) ||
      typeof key !== "string" ||
      !isNatural(count)
    ) {
      throw new TunebertError(
        'the pickle refers to an outside object that is no storage; expected ("storage", type, key, device, count)',
      );
    }
    const storage = this.#storage(key, type.elementType, count);
    return view instanceof PickleTuple
      ? viewOf(storage, view.items)
      : new TorchStorageSpan(storage, 0, count);
  }

  #storage(key: string, type: TensorType, count: number): TorchStorage {
    const known = this.storages.get(key);
    if (!known) {
      const storage = new TorchStorage(key, type, count);
      this.storages.set(key, storage);
      return storage;
    }
    if (known.type === type && known.count === count) return known;
    throw new TunebertError(
      `storage ${key} is declared twice: ${known.count} × ${known.type}, then ${count} × ${type}`,
    );
  }
}

function viewOf(storage: TorchStorage, [, start, count]: readonly unknown[]): TorchStorageSpan {
  if (isNatural(start) && isNatural(count) && start + count <= storage.count) {
    return new TorchStorageSpan(storage, start, count);
  }
  throw new TunebertError(
    `a view of storage ${storage.key} reaches outside its ${storage.count} elements (from ${showNumber(start)}, ${showNumber(count)} long)`,
  );
}

class StorageType extends PickleGlobal {
  constructor(
    name: string,
    readonly elementType: TensorType,
  ) {
    super(name);
  }
}

/** PyTorch's class, in its module torch, of a storage of each element type. */
export const STORAGE_CLASSES: ReadonlyMap<TensorType, string> = new Map([
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

const GLOBALS = new Map<string, PickleGlobal>(
  [
    new PickleGlobal("collections.OrderedDict", orderedDict),
    new PickleGlobal("torch._utils._rebuild_tensor", rebuildTensor),
    new PickleGlobal("torch._utils._rebuild_tensor_v2", rebuildTensor),
    new PickleGlobal("torch._utils._rebuild_parameter", rebuildParameter),
    ...[...STORAGE_CLASSES].map(([type, name]) => new StorageType(`torch.${name}`, type)),
  ].map((known) => [known.name, known]),
);

function orderedDict(args: readonly unknown[]): Map<unknown, unknown> {
  if (args.length === 0) return new Map();
  throw new TunebertError(
    "the pickle builds an OrderedDict from arguments; expected an empty one to be filled",
  );
}

/** (storage, offset, shape, strides[, requires grad, hooks[, metadata]]) */
function rebuildTensor(args: readonly unknown[]): TorchTensor {
  const [span, offset, shape, strides, , , metadata] = args;
  if (
    !(span instanceof TorchStorageSpan && shape instanceof PickleTuple && strides instanceof PickleTuple) ||
    shape.items.length > MAX_DIMENSIONS
  ) {
    throw new TunebertError(
      `the pickle describes a tensor wrongly; expected a storage, an offset, and a shape and strides of at most ` +
        `${MAX_DIMENSIONS} dimensions`,
    );
  }
  if (metadata instanceof Map && metadata.size > 0) {
    throw new TunebertError(
      "the pickle has a tensor that is stored conjugated or negated; save it again after " +
        "tensor.resolve_conj().resolve_neg()",
    );
  }
  return new TorchTensor(span, offset, shape.items, strides.items);
}

/** (tensor, requires grad, hooks) */
function rebuildParameter([tensor]: readonly unknown[]): TorchTensor {
  if (tensor instanceof TorchTensor) return tensor;
  throw new TunebertError("the pickle makes a parameter of something that is not a tensor");
}

/** PyTorch's own operators stop at 64. */
const MAX_DIMENSIONS = 64;
