import { damaged } from "./damaged.js";

/** Structs and lists within each other; Parquet's own have at most eight. */
const MAX_DEPTH = 32;
/** Bytes of the longest number, which has 64 bits. */
const MAX_VARINT_BYTES = 10;

/**
 * Walks a struct of Thrift's compact protocol without keeping anything of it, so that whoever reads it afterwards finds no
 * more list items than there are bytes.
 * @returns where it ends
 * @throws Error when it is not whole, or nested deeper than any of Parquet
 */
export function checkThrift(bytes: Uint8Array, start: number): number {
  return new Walker(bytes, start).struct(0);
}

const BINARY = 8;
const LIST = 9;
const STRUCT = 12;
/** Bytes of what has a fixed size: booleans that are fields (none), bytes and doubles. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 1: 0, 2: 0, 3: 1, 7: 8 };
const NUMBERS: readonly number[] = [4, 5, 6];

class Walker {
  readonly #bytes: Uint8Array;
  #offset: number;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#offset = start;
  }

  struct(depth: number): number {
    if (depth > MAX_DEPTH) throw damaged(`a header nested ${MAX_DEPTH} deep`);
    for (;;) {
      const byte = this.#byte();
      const type = byte & 0x0f;
      if (type === 0) return this.#offset;
      if (byte >> 4 === 0) this.#varint();
      this.#value(type, depth);
    }
  }

  #value(type: number, depth: number): void {
    if (NUMBERS.includes(type)) this.#varint();
    else if (type === BINARY) this.#skip(this.#varint());
    else if (type === LIST) this.#list(depth + 1);
    else if (type === STRUCT) this.struct(depth + 1);
    else this.#skip(FIXED_BYTES[type] ?? Number.NaN);
  }

  #list(depth: number): void {
    if (depth > MAX_DEPTH) throw damaged(`a header nested ${MAX_DEPTH} deep`);
    const byte = this.#byte();
    const type = byte & 0x0f;
    const size = byte >> 4 === 15 ? this.#varint() : byte >> 4;
    if (size > this.#bytes.length - this.#offset) throw damaged(`a list of ${size} items in a header`);
    const isBoolean = type === 1 || type === 2;
    for (let i = 0; i < size; i++) this.#value(isBoolean ? 3 : type, depth);
  }

  #varint(): number {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw damaged("a number of more than 64 bits in a header");
  }

  #skip(count: number): void {
    if (!(count <= this.#bytes.length - this.#offset)) throw damaged("a header that is not whole");
    this.#offset += count;
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset++];
    if (byte === undefined) throw damaged("a header that is not whole");
    return byte;
  }
}
