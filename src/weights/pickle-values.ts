/** A class or function that a pickle refers to by name; `call` stands in for calling it. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    readonly call?: (args: readonly unknown[]) => unknown,
  ) {}
}

/** A Python tuple; a Python list or set is an array, None null, an int a number or a bigint. */
export class PickleTuple {
  constructor(readonly items: readonly unknown[]) {}
}

/**
 * A Python dict: its items in the order in which they were set, where a later one of the same key stands for both.
 * Nothing is hashed, so that no choice of keys makes it slow.
 */
export class PickleDict {
  /** Keys and values in turn; one that is empty takes no memory for them. */
  #flat: unknown[] | undefined;

  get size(): number {
    return (this.#flat?.length ?? 0) / 2;
  }

  set(key: unknown, value: unknown): void {
    // Growing from nothing would make room for many more.
    if (this.#flat) this.#flat.push(key, value);
    else this.#flat = [key, value];
  }

  *[Symbol.iterator](): Generator<readonly [key: unknown, value: unknown]> {
    const flat = this.#flat ?? [];
    for (let i = 0; i < flat.length; i += 2) yield [flat[i], flat[i + 1]];
  }
}

/** An object of which nothing is needed but that it is there. */
export class PickleObject {
  constructor(readonly className: string) {}
}
