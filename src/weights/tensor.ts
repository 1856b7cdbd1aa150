import { TunebertError } from "../error.js";

/** Element types that weights files hold. float16 and bfloat16 are kept as their 16 raw bits. */
export type TensorType =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint8"
  | "bool";

/** The elements of a tensor: float16 and bfloat16 as raw bits, booleans as 0 and 1. */
export type TensorData =
  | Float64Array
  | Float32Array
  | Uint16Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array;

/** A dense row-major tensor; `data.length` is the product of `shape`. */
export interface Tensor {
  /** A {@link TensorType}, or the name of a type whose elements are not read: asking for `data` then throws. */
  readonly type: string;
  readonly shape: readonly number[];
  /** @throws TunebertError that names the tensor and its type, when elements of that type are not read */
  readonly data: TensorData;
}

/** Tensors by name, in the order of the file. */
export type StateDict = Map<string, Tensor>;

/**
 * The tensor's values as float32: the same array when it already is, else a converted copy.
 * @throws TunebertError when the tensor holds integers or what is not read; `name` says which tensor it was
 */
export function toFloat32(tensor: Tensor, name: string): Float32Array {
  switch (tensor.type) {
    case "float32":
      return tensor.data as Float32Array;
    case "float64":
      return Float32Array.from(tensor.data as Float64Array);
    case "float16":
      return Float32Array.from(tensor.data as Uint16Array, float16ToNumber);
    case "bfloat16":
      return bfloat16ToFloat32(tensor.data as Uint16Array);
    default:
      throw new TunebertError(
        `${name} holds ${tensor.type} values; a parameter must hold float64, float32, float16 or bfloat16`,
      );
  }
}

/**
 * The same with its real numbers as float16, to the nearest and of two to the even one; numbers beyond its range become infinite.
 * Integers stay as they are.
 * @throws TunebertError when the tensor holds what is not read
 */
export function toFloat16(tensor: Tensor, name: string): Tensor {
  if (/^(u?int|bool)/.test(tensor.type)) return tensor;
  return {
    type: "float16",
    shape: tensor.shape,
    data: Uint16Array.from(toFloat32(tensor, name), numberToFloat16),
  };
}

/** Bits of IEEE 754 binary16. */
function numberToFloat16(number: number): number {
  const sign = number < 0 || Object.is(number, -0) ? 0x8000 : 0;
  const size = Math.abs(number);
  if (Number.isNaN(number)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = roundToEven(size / 2 ** (exponent - 10)); // 1024 to 2047, less below the least normal number
  // One step more than there are is the next exponent's first.
  return sign | (exponent === -14 && steps < 1024 ? steps : ((exponent + 15) << 10) + (steps - 1024));
}

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** IEEE 754 binary16, bits to number. */
function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 is the upper half of a float32. */
function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const words = Uint32Array.from(bits, (b) => b << 16);
  return new Float32Array(words.buffer);
}
