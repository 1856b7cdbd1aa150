import { TunebertError } from "../error.js";

/** Offsets into the array must themselves fit in 32 bits. */
const MAX_LENGTH = 2 ** 31 - 1;

/** An Int32Array that grows at its end. */
export class GrowableInt32 {
  #items = new Int32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The item at a place that has been filled. */
  at(index: number): number {
    return this.#items[index]!;
  }

  push(item: number): void {
    this.#reserve(this.#length + 1);
    this.#items[this.#length++] = item;
  }

  append(items: Int32Array): void {
    this.#reserve(this.#length + items.length);
    this.#items.set(items, this.#length);
    this.#length += items.length;
  }

  /** A copy with nothing to spare. */
  toArray(): Int32Array {
    return this.#items.slice(0, this.#length);
  }

  #reserve(length: number): void {
    if (length <= this.#items.length) return;
    if (length > MAX_LENGTH) {
      throw new TunebertError(
        (limit) =>
          `more than ${MAX_LENGTH} tokens do not fit in one dataset; read fewer examples (${limit}) or split the file`,
        { option: "limit" },
      );
    }
    const larger = new Int32Array(
      Math.min(MAX_LENGTH, Math.max(length, Math.ceil(this.#items.length * 1.5))),
    );
    larger.set(this.#items.subarray(0, this.#length));
    this.#items = larger;
  }
}
