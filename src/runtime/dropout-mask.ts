import type { Random } from "../random.js";

/** Table entries, one for each value of a draw's upper 16 bits. */
const CELLS = 65536;

/** Marks a cell within which the gap changes. */
const AMBIGUOUS = 65535;

/**
 * Draws masks for inverted dropout: 0 with the given probability, else 1 / (1 - probability).
 *
 * Between two dropped elements lies a geometrically distributed number of kept ones, so it is enough to draw
 * one number per dropped element: ⌊log u / log(1 - p)⌋ with u uniform (Devroye, 1986, section X.2). A table
 * answers for most u.
 */
export class DropoutMasks {
  readonly #kept: number;
  readonly #logKeep: number;
  readonly #gaps: Uint16Array;

  constructor(probability: number) {
    this.#kept = 1 / (1 - probability);
    this.#logKeep = Math.log1p(-probability);
    this.#gaps = Uint16Array.from({ length: CELLS }, (_, cell) => {
      const largest = this.#gap(cell * CELLS);
      return largest < AMBIGUOUS && largest === this.#gap(cell * CELLS + (CELLS - 1)) ? largest : AMBIGUOUS;
    });
  }

  /** Writes a mask over the whole of `mask`. */
  draw(mask: Float32Array, random: Random): void {
    mask.fill(this.#kept);
    const gaps = this.#gaps;
    for (let i = 0; ; i++) {
      const bits = random.int32();
      const gap = gaps[bits >>> 16]!; // a cell for every value of 16 bits
      i += gap === AMBIGUOUS ? this.#gap(bits >>> 0) : gap;
      if (i >= mask.length) return;
      mask[i] = 0;
    }
  }

  /** The gap for u = (draw + ½) / 2³². */
  #gap(draw: number): number {
    return Math.floor(Math.log((draw + 0.5) / 2 ** 32) / this.#logKeep);
  }
}
