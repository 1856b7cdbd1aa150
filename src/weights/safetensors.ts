import { concatenate } from "../concatenate.js";
import { TunebertError } from "../error.js";
import { FREE_HEADER_CONTAINERS, HEADER_BYTES_PER_CONTAINER } from "./budgets.js";
import {
  bytesOf,
  checkFilled,
  countElements,
  elementSize,
  elementsOf,
  isNatural,
  isTensorType,
} from "./elements.js";
import { quote, showNumbers } from "./show.js";
import type { StateDict, Tensor, TensorType } from "./tensor.js";
import { UnreadTensor } from "./unread-tensor.js";

/** Whether the bytes begin as a safetensors file does: a header length below 4 GiB, then a JSON object. */
export function isSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === OPENING_BRACE && bytes.subarray(4, 8).every((byte) => byte === 0);
}

/**
 * Where the tensors' data begin.
 * @throws TunebertError when the header's length is more than the format allows or the file has
 */
export function findSafetensorsData(bytes: Uint8Array): number {
  return LENGTH_BYTES + readHeaderLength(bytes);
}

/**
 * Reads a safetensors file; tensors are in the order of their data and views of `bytes` where alignment allows. Those of
 * a type that is not read are listed.
 * Source: the format's description in huggingface/safetensors, README.md, "Format".
 * @throws TunebertError when the header is malformed, the offsets leave holes or overlap, or the file is truncated
 */
export function parseSafetensors(bytes: Uint8Array): StateDict {
  const dataStart = findSafetensorsData(bytes);
  const data = bytes.subarray(dataStart);
  const entries = readHeader(bytes.subarray(LENGTH_BYTES, dataStart));
  const state: StateDict = new Map();
  let end = 0;
  for (const { name, type, shape, offsets } of entries) {
    const [from, to] = offsets;
    const count = countElements(shape, quote(name));
    // Of a type that is not known, any length may be right.
    const length = isTensorType(type) ? count * elementSize(type) : Math.max(0, to - from);
    if (from !== end || to !== from + length) {
      throw new TunebertError(
        `tensor ${quote(name)} of the safetensors file lies at bytes ${from} to ${to} of the data; expected ` +
          `${type} ${showNumbers(shape)} to begin at ${end} and fill its range without a hole or overlap`,
      );
    }
    if (to > data.length)
      throw truncated(`tensor ${quote(name)} ends at byte ${to} of the data`, data.length);
    state.set(
      name,
      isTensorType(type)
        ? { type, shape, data: elementsOf(data.subarray(from, to), type) }
        : new UnreadTensor(type, shape, name),
    );
    end = to;
  }
  if (end === data.length) return state;
  throw new TunebertError(
    `the safetensors file has ${data.length} bytes of data, but its tensors account for ${end}`,
  );
}

/**
 * Writes a safetensors file. Wide element types come first, otherwise the order is kept, so that every tensor
 * is aligned. `metadata` is free text by key, stored in the header.
 * Source: as for {@link parseSafetensors}.
 * @throws TunebertError when a tensor's data do not fit its shape, or the header passes the format's limit
 */
export function serializeSafetensors(
  state: StateDict,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return concatenate([...safetensorsPieces(state, metadata)]);
}

/**
 * What {@link serializeSafetensors} returns, piece by piece: the header, then each tensor's own memory.
 * @throws TunebertError as {@link serializeSafetensors}
 */
export function* safetensorsPieces(
  state: StateDict,
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array> {
  const tensors = [...state].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const header = writeHeader(tensors, metadata);
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  yield length;
  yield header;
  for (const [, { data }] of tensors) yield bytesOf(data);
}

/**
 * The free text by key that a safetensors file's header holds.
 * @throws TunebertError when the header is malformed or the file is truncated
 */
export function parseSafetensorsMetadata(bytes: Uint8Array): Record<string, string> {
  const metadata = readHeaderObject(bytes.subarray(LENGTH_BYTES, findSafetensorsData(bytes)))[METADATA] ?? {};
  if (!isObject(metadata) || Object.values(metadata).some((text) => typeof text !== "string")) {
    throw new TunebertError(`${METADATA} of the safetensors header is not text by key; the file is damaged`);
  }
  return metadata as Record<string, string>;
}

interface HeaderEntry {
  readonly name: string;
  /** A {@link TensorType}, or what the format calls a type that is not read. */
  readonly type: string;
  readonly shape: readonly number[];
  /** First byte of the data, and the one after the last. */
  readonly offsets: readonly [number, number];
}

function readHeaderLength(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES) throw truncated("the header's length takes 8 bytes", bytes.length);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new TunebertError(
      `the safetensors header is said to be ${length} bytes long; the format allows ${MAX_HEADER_BYTES}`,
    );
  }
  if (LENGTH_BYTES + Number(length) > bytes.length) {
    throw truncated(`the header ends at byte ${LENGTH_BYTES + Number(length)}`, bytes.length);
  }
  return Number(length);
}

function readHeaderObject(bytes: Uint8Array): Record<string, unknown> {
  const header = parseJson(bytes);
  if (bytes[0] === OPENING_BRACE && isObject(header)) return header;
  throw new TunebertError("the safetensors header is not a JSON object; the file is damaged");
}

function readHeader(bytes: Uint8Array): HeaderEntry[] {
  return Object.entries(readHeaderObject(bytes))
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => readHeaderEntry(name, entry))
    .sort((a, b) => a.offsets[0] - b.offsets[0] || a.offsets[1] - b.offsets[1]);
}

function readHeaderEntry(name: string, entry: unknown): HeaderEntry {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
  const [start, end, ...more] = isNaturals(offsets) ? offsets : [];
  if (!isNaturals(shape) || start === undefined || end === undefined || more.length > 0) {
    throw new TunebertError(
      `tensor ${quote(name)} of the safetensors file is described wrongly; expected dtype, shape and data_offsets`,
    );
  }
  if (typeof dtype !== "string" || dtype.length > MAX_DTYPE_LENGTH) {
    throw new TunebertError(`tensor ${quote(name)} of the safetensors file has no dtype`);
  }
  const type = TYPES.get(dtype) ?? dtype;
  return { name, type, shape, offsets: [start, end] };
}

function parseJson(bytes: Uint8Array): unknown {
  expectFlat(bytes);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new TunebertError("the safetensors header is not JSON in UTF-8; the file is damaged", { cause });
  }
}

/**
 * Objects and arrays take many times the memory of the brackets that make them, so they are counted first.
 * @throws TunebertError when they nest deeper, or are more, than those of any header of this length
 */
function expectFlat(bytes: Uint8Array): void {
  const most = FREE_HEADER_CONTAINERS + bytes.length / HEADER_BYTES_PER_CONTAINER;
  let depth = 0;
  let containers = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString && byte === BACKSLASH) i++;
    else if (byte === QUOTE) inString = !inString;
    else if (inString) continue;
    else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) {
      depth++;
      containers++;
      if (depth > MAX_DEPTH || containers > most) {
        throw new TunebertError(
          "the safetensors header is not that of a weights file: expected an object of objects that describe tensors, " +
            `found ${depth > MAX_DEPTH ? "deeper nesting" : "too many lists and objects for its length"}`,
        );
      }
    } else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) depth--;
  }
}

/** The header as bytes, filled up with spaces so that the data begin at a multiple of 8. */
function writeHeader(
  tensors: readonly (readonly [string, Tensor])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const members = Object.keys(metadata).length > 0 ? [jsonMember(METADATA, metadata)] : [];
  let at = 0;
  for (const [name, tensor] of tensors) {
    checkName(name);
    checkFilled(tensor, name);
    const { type, shape, data } = tensor;
    const end = at + data.byteLength;
    members.push(jsonMember(name, { dtype: DTYPES.get(type), shape, data_offsets: [at, end] }));
    at = end;
  }
  const json = new TextEncoder().encode(`{${members.join(",")}}`);
  const padded = new Uint8Array(Math.ceil(json.length / ALIGNMENT) * ALIGNMENT).fill(SPACE);
  padded.set(json);
  if (padded.length <= MAX_HEADER_BYTES) return padded;
  throw new TunebertError(
    `the safetensors header would be ${padded.length} bytes long; the format allows ${MAX_HEADER_BYTES}: ` +
      "write fewer tensors or shorter names to one file",
  );
}

function checkName(name: string): void {
  if (name === METADATA)
    throw new TunebertError(`a tensor cannot be named ${METADATA} in a safetensors file`);
}

function jsonMember(name: string, value: unknown): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNaturals(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isNatural);
}

function truncated(expected: string, length: number): TunebertError {
  return new TunebertError(
    `the safetensors file is truncated: ${expected}, but only ${length} bytes are there; fetch or copy it again`,
  );
}

const LENGTH_BYTES = 8;
const ALIGNMENT = 8;
const METADATA = "__metadata__";
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
/** The header, a tensor, its shape. */
const MAX_DEPTH = 3;
/** Those that exist have up to 12 characters. */
const MAX_DTYPE_LENGTH = 32;
/** The format's own limit, against headers that exhaust the reader's memory. */
const MAX_HEADER_BYTES = 100_000_000;

const TYPES: ReadonlyMap<string, TensorType> = new Map([
  ["F64", "float64"],
  ["F32", "float32"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["I64", "int64"],
  ["I32", "int32"],
  ["I16", "int16"],
  ["I8", "int8"],
  ["U8", "uint8"],
  ["BOOL", "bool"],
]);
const DTYPES: ReadonlyMap<string, string> = new Map([...TYPES].map(([dtype, type]) => [type, dtype]));
