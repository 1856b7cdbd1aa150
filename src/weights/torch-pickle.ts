import { TunebertError } from "../error.js";
import { isNatural } from "./elements.js";
import type { PickleNames } from "./pickle.js";
import { PickleDict, PickleGlobal, PickleObject, PickleTuple } from "./pickle-values.js";
import { STORAGE_TYPES, StorageType, TorchStorage, TorchStorageSpan, viewOf } from "./torch-storage.js";

/** A tensor as the pickle describes it; offset, shape and strides are not yet checked. */
export class TorchTensor {
  constructor(
    readonly span: TorchStorageSpan,
    readonly offset: unknown,
    readonly shape: readonly unknown[],
    readonly strides: readonly unknown[],
  ) {}
}

/** A tensor that is not made of a run of elements of a type that is read; its shape is not yet checked. */
export class UnreadTorchTensor {
  constructor(
    readonly type: string,
    readonly shape: readonly unknown[],
  ) {}
}

/** Whether the value is a tensor of one kind or the other. */
export function isTorchTensor(value: unknown): value is TorchTensor | UnreadTorchTensor {
  return value instanceof TorchTensor || value instanceof UnreadTorchTensor;
}

/**
 * What the pickle of a state dict may name: what `torch.load(…, weights_only=True)` reads, but for nested and
 * distributed tensors. `storages` collects the storages on the way.
 * Source: PyTorch's torch/_weights_only_unpickler.py (names), torch/_utils.py (rebuild functions) and
 * torch/serialization.py (persistent ids).
 */
export class TorchNames implements PickleNames {
  readonly storages = new Map<string, TorchStorage>();

  global(name: string): PickleGlobal | undefined {
    return GLOBALS.get(PYTHON_2_NAMES.get(name) ?? name);
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
    const storage = this.#storage(key, type, count);
    return view instanceof PickleTuple
      ? viewOf(storage, view.items)
      : new TorchStorageSpan(storage, 0, count);
  }

  #storage(key: string, type: StorageType, count: number): TorchStorage {
    const known = this.storages.get(key);
    if (!known) {
      const storage = new TorchStorage(key, type, count);
      this.storages.set(key, storage);
      return storage;
    }
    if (known.type.elementType === type.elementType && known.count === count) return known;
    throw new TunebertError(
      `storage ${key} is declared twice: ${known.count} × ${known.type.elementType}, then ${count} × ${type.elementType}`,
    );
  }
}

/** What Python 2 called its modules. */
const PYTHON_2_NAMES = new Map([
  ["__builtin__.set", "builtins.set"],
  ["__builtin__.bytearray", "builtins.bytearray"],
  ["__builtin__.complex", "builtins.complex"],
]);

/** Element types, which a pickle may name beside tensors. */
const DTYPES = [
  ...["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"],
  ...["uint16", "uint32", "uint64", "complex32", "complex64", "complex128"],
  ...["float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"],
  ...["float4_e2m1fn_x2", "qint8", "qint32", "quint8", "quint4x2", "quint2x4"],
  ...["bits1x8", "bits2x4", "bits4x2", "bits8", "bits16"],
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((bits) => [`uint${bits}`, `int${bits}`]),
];

const QUANTISATION_SCHEMES = [
  ...["per_tensor_affine", "per_tensor_symmetric", "per_channel_affine", "per_channel_symmetric"],
  "per_channel_affine_float_qparams",
];

class DType extends PickleGlobal {
  constructor(readonly elementType: string) {
    super(`torch.${elementType}`);
  }
}

const GLOBALS = new Map<string, PickleGlobal>(
  [
    new PickleGlobal("collections.OrderedDict", orderedDict),
    new PickleGlobal("collections.Counter", counter),
    new PickleGlobal("builtins.set", ([items]) => items ?? []),
    new PickleGlobal("torch.Size", shapeOf),
    ...["builtins.bytearray", "builtins.complex", "_codecs.encode", "torch.device"].map(
      (name) => new PickleGlobal(name, () => new PickleObject(name)),
    ),
    new PickleGlobal("torch.serialization._get_layout", ([name]) => name),
    new PickleGlobal("torch._utils._rebuild_tensor", rebuildTensor),
    new PickleGlobal("torch._utils._rebuild_tensor_v2", rebuildTensor),
    new PickleGlobal("torch._utils._rebuild_tensor_v3", rebuildTensorOfType),
    new PickleGlobal("torch._utils._rebuild_qtensor", rebuildQuantised),
    new PickleGlobal("torch._utils._rebuild_sparse_tensor", rebuildSparse),
    new PickleGlobal("torch._utils._rebuild_meta_tensor_no_storage", ([, shape]) =>
      unread("meta (without values)", shape),
    ),
    new PickleGlobal("torch._utils._rebuild_parameter", rebuildParameter),
    new PickleGlobal("torch._utils._rebuild_parameter_with_state", rebuildParameter),
    new PickleGlobal("torch.nn.parameter.Parameter", rebuildParameter),
    new PickleGlobal("torch.Tensor"),
    new PickleGlobal("torch._tensor._rebuild_from_type_v2", rebuildFromType),
    ...DTYPES.map((type) => new DType(type)),
    ...QUANTISATION_SCHEMES.map((scheme) => new PickleGlobal(`torch.${scheme}`)),
    ...STORAGE_TYPES,
  ].map((known) => [known.name, known]),
);

/** Nothing, to be filled, or as Python 2 has it a list of (key, value) pairs. */
function orderedDict([pairs = []]: readonly unknown[]): PickleDict {
  const dict = new PickleDict();
  if (!Array.isArray(pairs)) throw new TunebertError(WRONG_PAIRS);
  for (const pair of pairs) {
    const [key, value, ...rest] = pair instanceof PickleTuple ? pair.items : Array.isArray(pair) ? pair : [];
    if (value === undefined || rest.length > 0) throw new TunebertError(WRONG_PAIRS);
    dict.set(key, value);
  }
  return dict;
}

function counter([counts]: readonly unknown[]): PickleDict {
  return counts instanceof PickleDict ? counts : new PickleDict();
}

/** A tuple of dimensions, as torch.Size has them. */
function shapeOf([dimensions]: readonly unknown[]): PickleTuple {
  if (dimensions instanceof PickleTuple) return dimensions;
  throw new TunebertError("the pickle makes a torch.Size of something that is not a tuple");
}

/** (storage, offset, shape, strides[, requires grad, hooks[, metadata]]) */
function rebuildTensor(args: readonly unknown[]): TorchTensor | UnreadTorchTensor {
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
  if (metadata instanceof PickleDict && metadata.size > 0) {
    return unread(`conjugated or negated ${span.storage.type.elementType}`, shape);
  }
  return new TorchTensor(span, offset, shape.items, strides.items);
}

/** As for {@link rebuildTensor}, with the element type before the metadata: the storage has bytes alone. */
function rebuildTensorOfType([, , shape, , , , type]: readonly unknown[]): UnreadTorchTensor {
  if (type instanceof DType) return unread(type.elementType, shape);
  throw new TunebertError("the pickle describes a tensor wrongly; expected an element type");
}

/** (storage, offset, shape, strides, scheme and its scales, …) */
function rebuildQuantised([span, , shape]: readonly unknown[]): UnreadTorchTensor {
  return unread(span instanceof TorchStorageSpan ? span.storage.type.elementType : "quantised", shape);
}

/** (layout, (indices, values, shape, …)); some layouts have two tensors of indices */
function rebuildSparse([layout, data]: readonly unknown[]): UnreadTorchTensor {
  const parts = data instanceof PickleTuple ? data.items : [];
  const shape = parts.find((part) => part instanceof PickleTuple);
  return unread(typeof layout === "string" ? layout.replace(/^torch\./, "") : "sparse", shape);
}

function unread(type: string, shape: unknown): UnreadTorchTensor {
  if (shape instanceof PickleTuple && shape.items.length <= MAX_DIMENSIONS) {
    return new UnreadTorchTensor(type, shape.items);
  }
  throw new TunebertError(
    `the pickle describes a tensor wrongly; expected a shape of at most ${MAX_DIMENSIONS} dimensions`,
  );
}

/** (tensor, requires grad, hooks[, attributes]) */
function rebuildParameter([tensor]: readonly unknown[]): TorchTensor | UnreadTorchTensor {
  if (isTorchTensor(tensor)) return tensor;
  throw new TunebertError("the pickle makes a parameter of something that is not a tensor");
}

/** (rebuild function, class, its arguments, attributes) of a tensor or parameter that has attributes */
function rebuildFromType([rebuild, , args]: readonly unknown[]): TorchTensor | UnreadTorchTensor {
  const rebuilds = rebuild instanceof PickleGlobal && rebuild.name.startsWith("torch._utils._rebuild_");
  const made = rebuilds && args instanceof PickleTuple && rebuild.call?.(args.items);
  if (isTorchTensor(made)) return made;
  throw new TunebertError("the pickle describes a tensor with attributes wrongly");
}

/** PyTorch's own operators stop at 64. */
const MAX_DIMENSIONS = 64;
const WRONG_PAIRS = "the pickle builds an OrderedDict of something else than pairs of a key and a value";
