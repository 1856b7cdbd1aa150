import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

type Generator = ReturnType<typeof xoroshiro128plus>;

/**
 * The source of all randomness: initialisation, shuffling, dropout masks. Two instances with the same state
 * give the same numbers on every platform. Generator: xoroshiro128+ (Blackman and Vigna, 2018).
 * @example
 * const random = new Random(0);
 * const again = new Random(random.state);
 * console.log(random.below(100) === again.below(100)); // true
 */
export class Random {
  readonly #generator: Generator;

  /**
   * Starts from a seed.
   * @param seed any integer; its low 32 bits count
   */
  constructor(seed: number);
  /**
   * Goes on where another generator was.
   * @param state what {@link Random.state} returned
   */
  constructor(state: readonly number[]);
  constructor(seedOrState: number | readonly number[]) {
    this.#generator =
      typeof seedOrState === "number"
        ? warmUp(xoroshiro128plus(seedOrState))
        : xoroshiro128plusFromState(seedOrState);
  }

  /** Four 32-bit integers from which `new Random(state)` continues. */
  get state(): number[] {
    return [...this.#generator.getState()];
  }

  /** A signed 32-bit integer. */
  int32(): number {
    return this.#generator.next();
  }

  /** A float in [0, 1) with 53 random bits. */
  uniform(): number {
    return uniformFloat64(this.#generator);
  }

  /** An integer in [0, bound), every one equally likely. */
  below(bound: number): number {
    return uniformInt(this.#generator, 0, bound - 1);
  }

  /** A draw from the standard normal distribution (Box and Muller, 1958). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles in place (Fisher and Yates, 1938) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swapped = items[i];
      items[i] = items[j];
      items[j] = swapped;
    }
    return items;
  }
}

/** Small seeds differ in few bits; the first outputs still show it, so they are thrown away. */
function warmUp(generator: Generator): Generator {
  for (let i = 0; i < 32; i++) generator.next();
  return generator;
}
