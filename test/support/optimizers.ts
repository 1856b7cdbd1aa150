import type { Random } from "../../src/random.js";
import type { AdamStep } from "../../src/runtime/optimizer/adam.js";
import type { Moments } from "../../src/runtime/optimizer/moments.js";
import { OptimizerShare } from "../../src/runtime/optimizer/optimizer-share.js";
import { loadKernels } from "../../src/runtime/threads/kernels.js";

/** One parameter and the shares of all replicas in it, on one thread. */
export class Optimizers {
  readonly gradients: Float32Array[];
  readonly touched: Uint8Array[] | undefined;
  readonly parameter: { data: Float32Array; shape: number[] };
  /** What each replica holds of a parameter that the graph reads whole. */
  readonly copies: Float32Array[];
  readonly #shares: OptimizerShare[];

  /** @param rows none of a vector */
  constructor(
    initial: ArrayLike<number>,
    rows: number | undefined,
    replicas: number,
    kind: "rows" | "whole",
  ) {
    const each = <T>(make: () => T) => Array.from({ length: replicas }, make);
    const shape = rows ? [rows, initial.length / rows] : [initial.length];
    this.parameter = { data: Float32Array.from(initial), shape };
    this.gradients = each(() => new Float32Array(initial.length));
    this.touched = kind === "rows" ? each(() => new Uint8Array(rows!)) : undefined;
    this.copies = each(() => Float32Array.from(initial));
    const { parameter, gradients, touched } = this;
    const exchanged = new Map([["p", { parameter, gradients, touched, decays: rows !== undefined }]]);
    this.#shares = this.copies.map(
      (_, rank) => new OptimizerShare(loadKernels(), exchanged, { rank, ranks: replicas }),
    );
  }

  /**
   * A step with the gradients that each replica has summed.
   * @returns the norm of them all
   */
  step(sums: readonly Float32Array[], step: AdamStep): number {
    const { touched } = this;
    const width = this.parameter.shape[1]!;
    const whole = sums.map((sum, rank) => {
      if (!touched) return new Map([["p", { copy: this.copies[rank]!, sum }]]);
      sum.forEach((x, i) => {
        if (x === 0) return;
        this.gradients[rank]![i]! += x;
        touched[rank]![Math.floor(i / width)] = 1;
      });
      return new Map();
    });
    this.#shares.forEach((share, rank) => {
      share.publish(whole[rank]!);
    });
    const squares = this.#shares.map((share, rank) => share.sumOfSquares(whole[rank]!));
    this.#shares.forEach((share, rank) => {
      share.update(whole[rank]!, step);
    });
    this.#shares.forEach((share, rank) => {
      share.collect(whole[rank]!);
    });
    return Math.sqrt(squares.reduce((sum, x) => sum + x, 0));
  }

  /** The moments of all replicas, in memory that has been written to before. */
  moments(): Moments {
    const written = () => new Float32Array(this.parameter.data.length).fill(7);
    const moments = new Map([["p", { mean: written(), variance: written() }]]);
    for (const share of this.#shares) share.copyMoments(moments);
    return moments;
  }

  takeMoments(moments: Moments): void {
    for (const share of this.#shares) share.takeMoments(moments);
  }

  row(index: number): number[] {
    const width = this.parameter.shape[1]!;
    return [...this.parameter.data.subarray(index * width, (index + 1) * width)];
  }
}

/** Sums of gradients in which each replica has touched a part of the rows; some of them are touched by several. */
export function sparse(
  [rows, width]: readonly [number, number],
  replicas: number,
  random: Random,
  part = 0.05,
): Float32Array[] {
  return Array.from({ length: replicas }, () => {
    const touched = Uint8Array.from({ length: rows }, () => Number(random.uniform() < part));
    return Float32Array.from({ length: rows * width }, (_, i) =>
      touched[Math.floor(i / width)] ? random.normal() : 0,
    );
  });
}

export function sameBits(one: Float32Array, other: Float32Array): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) =>
    Buffer.from(buffer, byteOffset, byteLength);
  return bytes(one).equals(bytes(other));
}
