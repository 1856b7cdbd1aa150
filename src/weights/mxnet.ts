import { concatenate } from "../concatenate.js";
import { TunebertError } from "../error.js";
import { ByteReader } from "./byte-reader.js";
import { bytesOf, checkFilled, countElements, elementSize, elementsOf } from "./elements.js";
import { quote, showNumbers } from "./show.js";
import type { StateDict, Tensor, TensorType } from "./tensor.js";
import { UnreadTensor } from "./unread-tensor.js";

/** Whether the bytes begin as a list of arrays that MXNet saved does. */
export function isMxnet(bytes: Uint8Array): boolean {
  return bytes.length >= 16 && bytes[0] === 0x12 && bytes[1] === 0x01 && bytes.subarray(2, 16).every(isZero);
}

/**
 * Reads a `.params` file that MXNet's `nd.save`, `npx.save` or `save_parameters` wrote, of any version since
 * MXNet 0.11. The prefixes `arg:` and `aux:` of older programs are dropped; a list without names is numbered
 * from 0. Tensors are views of `bytes` where alignment allows.
 * Source: `NDArray::Load` and `NDArray::Save` in Apache MXNet's src/ndarray/ndarray.cc.
 * @throws TunebertError when an array is sparse, empty of values or of an unknown type, or the file is damaged
 */
export function parseMxnet(bytes: Uint8Array): StateDict {
  const reader = new ByteReader(bytes, 16, "the MXNet file");
  const tensors: Tensor[] = [];
  for (let left = reader.uint64(); left > 0; left--) tensors.push(readArray(reader, tensors.length));
  const named = nameAll(reader, tensors);
  if (reader.position !== bytes.length) {
    throw new TunebertError(
      `the MXNet file goes on after its last name: it ends at byte ${reader.position} of ${bytes.length}`,
    );
  }
  const state: StateDict = new Map();
  for (const [name, tensor] of named) {
    if (state.has(name)) throw new TunebertError(`the MXNet file has two arrays named ${quote(name)}`);
    state.set(name, tensor);
  }
  return state;
}

/**
 * Writes the variant that programs with NumPy semantics (`npx.set_np()`) read: `npx.load`, `load_parameters`.
 * Source: as for {@link parseMxnet}.
 * @throws TunebertError when MXNet has no such element type, or a tensor's data do not fit its shape
 */
export function serializeMxnet(state: StateDict): Uint8Array {
  const chunks = [uint64s(LIST_MAGIC, 0, state.size)];
  for (const [name, tensor] of state) chunks.push(arrayHeader(tensor, name), bytesOf(tensor.data));
  chunks.push(uint64s(state.size));
  for (const name of state.keys()) {
    const text = new TextEncoder().encode(name);
    chunks.push(uint64s(text.length), text);
  }
  return concatenate(chunks);
}

function readArray(reader: ByteReader, index: number): Tensor {
  const name = `${index} of the MXNet file`;
  const magic = reader.uint32();
  if (magic !== ARRAY_V1 && magic !== ARRAY_V2 && magic !== ARRAY_V3) {
    throw new TunebertError(
      `tensor ${name} begins with 0x${magic.toString(16)} instead of an array's magic number: the file is ` +
        "damaged, or older than MXNet 0.11; load it with MXNet and save it again",
    );
  }
  if (magic !== ARRAY_V1) checkDense(reader.int32(), name);
  const shape = readShape(reader, magic, name);
  reader.take(DEVICE_BYTES);
  const code = reader.int32();
  const count = countElements(shape, name);
  const unread = UNREAD_TYPES.get(code);
  if (unread) {
    reader.take(count * unread.size);
    return new UnreadTensor(unread.type, shape, name);
  }
  const type = TYPES.get(code);
  if (type) return { type, shape, data: elementsOf(reader.take(count * elementSize(type)), type) };
  const known = [...TYPES].map(([known, type]) => `${known} (${type})`).join(", ");
  throw new TunebertError(`tensor ${name} has the element type ${code}; known are ${known}`);
}

function checkDense(storage: number, name: string): void {
  if (storage === DENSE) return;
  throw new TunebertError(
    `tensor ${name} is ${SPARSE.get(storage) ?? `of the unknown storage type ${storage}`}; only dense arrays are ` +
      'read: save it again after array.tostype("default")',
  );
}

function readShape(reader: ByteReader, magic: number, name: string): number[] {
  const dimensions = reader.int32();
  // Before version 3, an array without dimensions is one without values; since, one of unknown shape is.
  if (dimensions === (magic === ARRAY_V3 ? -1 : 0)) {
    throw new TunebertError(`tensor ${name} holds no values: it was saved before it was initialised`);
  }
  if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
    throw new TunebertError(
      `tensor ${name} has ${dimensions} dimensions; expected at most ${MAX_DIMENSIONS}`,
    );
  }
  return Array.from({ length: dimensions }, () => reader.uint64());
}

function nameAll(reader: ByteReader, tensors: readonly Tensor[]): [string, Tensor][] {
  const count = reader.uint64();
  if (count !== 0 && count !== tensors.length) {
    throw new TunebertError(`the MXNet file has ${tensors.length} arrays, but ${count} names; it is damaged`);
  }
  return tensors.map((tensor, i) => [count === 0 ? String(i) : readName(reader), tensor]);
}

function readName(reader: ByteReader): string {
  const length = reader.uint64();
  if (length > MAX_NAME_BYTES) {
    throw new TunebertError(
      `the MXNet file has a name of ${length} bytes; at most ${MAX_NAME_BYTES} are read`,
    );
  }
  try {
    return utf8.decode(reader.take(length)).replace(/^(arg|aux):/, "");
  } catch (cause) {
    if (cause instanceof TunebertError) throw cause;
    throw new TunebertError(`the MXNet file has a name that is not UTF-8 before byte ${reader.position}`, {
      cause,
    });
  }
}

function arrayHeader(tensor: Tensor, name: string): Uint8Array {
  checkFilled(tensor, name);
  const { type, shape } = tensor;
  const code = CODES.get(type);
  if (code === undefined) {
    throw new TunebertError(
      `tensor ${quote(name)} holds ${type} values, which MXNet has not; it has ${[...TYPES.values()].join(", ")}`,
    );
  }
  if (shape.length > MAX_DIMENSIONS) {
    throw new TunebertError(
      `tensor ${quote(name)} has the shape ${showNumbers(shape)}; MXNet allows ${MAX_DIMENSIONS} dimensions`,
    );
  }
  const head = Int32Array.of(ARRAY_V3, DENSE, shape.length);
  return concatenate([bytesOf(head), uint64s(...shape), bytesOf(Int32Array.of(CPU, 0, code))]);
}

function uint64s(...values: number[]): Uint8Array {
  return bytesOf(BigInt64Array.from(values, BigInt));
}

function isZero(byte: number): boolean {
  return byte === 0;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LIST_MAGIC = 0x112;
const ARRAY_V1 = 0xf993fac8;
const ARRAY_V2 = 0xf993fac9;
const ARRAY_V3 = 0xf993faca;
/** Kind and number of the device that an array was on, two int32; where it goes is the reader's affair. */
const DEVICE_BYTES = 8;
const CPU = 1;
const DENSE = 0;
const SPARSE = new Map([
  [1, "sparse by rows (row_sparse)"],
  [2, "sparse (csr)"],
]);
/** MXNet's own limit. */
const MAX_DIMENSIONS = 32;
/** Parameter names are short; anything longer is damage. */
const MAX_NAME_BYTES = 65_536;

const TYPES: ReadonlyMap<number, TensorType> = new Map([
  [0, "float32"],
  [1, "float64"],
  [2, "float16"],
  [3, "uint8"],
  [4, "int32"],
  [5, "int8"],
  [6, "int64"],
  [7, "bool"],
  [12, "bfloat16"],
]);
/** What is listed only, with the bytes that an element takes. */
const UNREAD_TYPES: ReadonlyMap<number, { readonly type: string; readonly size: number }> = new Map([
  [8, { type: "int16", size: 2 }],
  [9, { type: "uint16", size: 2 }],
  [10, { type: "uint32", size: 4 }],
  [11, { type: "uint64", size: 8 }],
]);
const CODES: ReadonlyMap<string, number> = new Map([...TYPES].map(([code, type]) => [type, code]));
