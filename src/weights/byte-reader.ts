import { TunebertError } from "../error.js";

/**
 * Reads little-endian numbers and runs of bytes one after another and never past the end. `what` names the
 * thing being read in the error of a truncated file.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #position: number;

  constructor(bytes: Uint8Array, start: number, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
    this.#position = start;
  }

  get position(): number {
    return this.#position;
  }

  /** The next `length` bytes as a view. */
  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** The bytes before the next line feed, at most `limit` of them; reads the line feed too. */
  line(limit: number): Uint8Array {
    const start = this.#position;
    const end = this.#bytes.subarray(start, start + limit + 1).indexOf(0x0a);
    if (end >= 0) return this.take(end + 1).subarray(0, end);
    this.#advance(limit + 1);
    throw new TunebertError(`${this.#what} has a name of more than ${limit} bytes at byte ${start}`);
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** @throws TunebertError when the number is not a safe integer: no file has that many bytes */
  uint64(): number {
    const start = this.#advance(8);
    const value = this.#view.getBigUint64(start, true);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw new TunebertError(
      `${this.#what} declares a size of ${value} at byte ${start}, more than a file can hold`,
    );
  }

  /** A big-endian double, the one number that pickle stores that way round. */
  bigEndianFloat64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  #advance(length: number): number {
    const start = this.#position;
    const left = this.#bytes.length - start;
    if (length > left) {
      throw new TunebertError(
        `${this.#what} is truncated: ${length} more bytes were expected at byte ${start}, ` +
          `${Math.max(left, 0)} are there; fetch or copy the file again`,
      );
    }
    this.#position = start + length;
    return start;
  }
}
