import { TunebertError } from "../error.js";
import { ByteReader } from "./byte-reader.js";
import { bytesOf, checkFilled, countElements, elementSize, elementsOf, swapped } from "./elements.js";
import { columnMajorStrides, gather } from "./layout.js";
import { quote } from "./show.js";
import type { Tensor, TensorData, TensorType } from "./tensor.js";
import { UnreadTensor } from "./unread-tensor.js";

/**
 * Reads one array as `numpy.save` writes it, of format versions 1 to 3; an array in Fortran order is copied into
 * row-major order, and so is a big-endian one; any other is a view of `bytes` where alignment allows. An array of a type
 * without counterpart is listed, but not read. `name` says in messages which it is.
 * Source: NumPy's numpy/lib/format.py, whose module comment describes the format.
 * @throws TunebertError when the file is damaged
 */
export function parseNpy(bytes: Uint8Array, name: string): Tensor {
  const reader = new ByteReader(bytes, 0, `array ${quote(name)}`);
  const { descr, shape, fortran } = readHeader(reader, name);
  const count = countElements(shape, quote(name));
  const type = TYPES.get(descr.replace(/^[<>|=]/, ""));
  if (!type) return new UnreadTensor(unreadName(descr), shape, name);
  const bytesOfElements = reader.take(count * elementSize(type));
  if (reader.position !== bytes.length) {
    throw new TunebertError(
      `array ${quote(name)} has ${bytes.length} bytes, but its header says ${reader.position}; the file is damaged`,
    );
  }
  const data = elementsOf(descr.startsWith(">") ? swapped(bytesOfElements, type) : bytesOfElements, type);
  return { type, shape, data: fortran ? toRowMajor(data, shape) : data };
}

/**
 * The bytes that come before a tensor's data in an array file of format version 1, as NumPy itself would write
 * them, and the data.
 * Source: as for {@link parseNpy}.
 * @throws TunebertError when NumPy has no such element type, or the data do not fit the shape
 */
export function serializeNpy(tensor: Tensor, name: string): Uint8Array {
  checkFilled(tensor, name);
  const { type, shape, data } = tensor;
  const descr = DESCRS.get(type);
  if (!descr) {
    throw new TunebertError(
      `tensor ${quote(name)} holds ${type} values, which NumPy has not; choose safetensors or torch`,
    );
  }
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims}), }`;
  const start = Math.ceil((PREFIX_BYTES + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  if (start - PREFIX_BYTES > MAX_HEADER_BYTES) {
    throw new TunebertError(
      `tensor ${quote(name)} has too many dimensions for an array file: ${shape.length}`,
    );
  }
  const file = new Uint8Array(start + data.byteLength).fill(SPACE, 0, start);
  file.set([...MAGIC, 1, 0]);
  new DataView(file.buffer).setUint16(8, start - PREFIX_BYTES, true);
  file.set(new TextEncoder().encode(text), PREFIX_BYTES);
  file[start - 1] = LINE_FEED;
  file.set(bytesOf(data), start);
  return file;
}

interface Header {
  /** NumPy's name of the element type, or the fields of a structured one. */
  readonly descr: string;
  readonly shape: readonly number[];
  readonly fortran: boolean;
}

function readHeader(reader: ByteReader, name: string): Header {
  const magic = reader.take(MAGIC.length);
  if (!MAGIC.every((byte, i) => magic[i] === byte)) {
    throw new TunebertError(
      `array ${quote(name)} does not begin as numpy.save writes it; the file is damaged`,
    );
  }
  const version = reader.uint8();
  reader.take(1);
  if (version < 1 || version > 3) {
    throw new TunebertError(`array ${quote(name)} has the format version ${version}; known are 1 to 3`);
  }
  const length = version === 1 ? reader.uint16() : reader.uint32();
  if (length > MAX_HEADER_BYTES) {
    throw new TunebertError(
      `array ${quote(name)} has a header of ${length} bytes; at most ${MAX_HEADER_BYTES} are read`,
    );
  }
  const text = new TextDecoder().decode(reader.take(length));
  const [, plain, structured, order, dims] = HEADER.exec(text) ?? [];
  const descr = plain ?? structured;
  if (!descr || !order || dims === undefined) {
    throw new TunebertError(
      `array ${quote(name)} has the header ${quote(text.trimEnd())}; expected an element type, an order and a shape`,
    );
  }
  return { descr, shape: dimensions(dims, name), fortran: order === "True" };
}

function unreadName(descr: string): string {
  return descr.startsWith("[") ? "structured" : (UNREAD_TYPES.get(descr.slice(1)) ?? descr);
}

function dimensions(text: string, name: string): number[] {
  const dims = text.split(",").filter((dim) => dim.trim() !== "");
  if (dims.length <= MAX_DIMENSIONS) return dims.map((dim) => Number.parseInt(dim, 10));
  throw new TunebertError(
    `array ${quote(name)} has ${dims.length} dimensions; expected at most ${MAX_DIMENSIONS}`,
  );
}

function toRowMajor(data: TensorData, shape: readonly number[]): TensorData {
  if (shape.length < 2 || data.length === 0) return data;
  return gather(data, 0, { shape, strides: columnMajorStrides(shape) }, data.length);
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** A Python dictionary with its keys in the order that all known writers give them; Python 2 wrote 3L for 3. */
const HEADER =
  /^\{'descr': (?:'([^']{1,32})'|(\[.*\])), 'fortran_order': (True|False), 'shape': \(((?:\d+L?, ?)*(?:\d+L?)?)\),? ?\}\s*$/;
/** Magic, version and length of a file of version 1. */
const PREFIX_BYTES = 10;
const ALIGNMENT = 64;
const SPACE = 0x20;
const LINE_FEED = 0x0a;
/** The most that version 1 can have; only structured arrays have need of more. */
const MAX_HEADER_BYTES = 65_535;
/** NumPy's own limit. */
const MAX_DIMENSIONS = 64;

const TYPES: ReadonlyMap<string, TensorType> = new Map([
  ["f8", "float64"],
  ["f4", "float32"],
  ["f2", "float16"],
  ["i8", "int64"],
  ["i4", "int32"],
  ["i2", "int16"],
  ["i1", "int8"],
  ["u1", "uint8"],
  ["b1", "bool"],
]);
/** Names for what is listed only; any other is called what NumPy calls it in a file. */
const UNREAD_TYPES: ReadonlyMap<string, string> = new Map([
  ["u2", "uint16"],
  ["u4", "uint32"],
  ["u8", "uint64"],
  ["c8", "complex64"],
  ["c16", "complex128"],
  ["O", "object"],
]);
const DESCRS: ReadonlyMap<string, string> = new Map(
  [...TYPES].map(([code, type]) => [type, `${elementSize(type) > 1 ? "<" : "|"}${code}`]),
);
