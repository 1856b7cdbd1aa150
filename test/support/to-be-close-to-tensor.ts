/** The matcher `toBeCloseToTensor`, which reports the worst element. */
import { expect } from "vitest";

/** How far an element may be off: by a number, or by a fraction of the largest magnitude that is expected. */
export type Tolerance = { readonly absolute: number } | { readonly relative: number };

interface TensorMatchers<R> {
  /** Passes when all elements are within the tolerance of those expected; NaN is close to nothing. */
  toBeCloseToTensor(expected: ArrayLike<number>, tolerance: Tolerance): R;
}

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: must repeat vitest's own declaration
  interface Matchers<T = any> extends TensorMatchers<T> {}
}

expect.extend({
  toBeCloseToTensor(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: Tolerance) {
    if (actual.length !== expected.length) {
      return {
        pass: false,
        message: () => `the tensor has ${actual.length} elements, expected ${expected.length}`,
      };
    }
    const largest = largestMagnitude(expected);
    const allowed = "absolute" in tolerance ? tolerance.absolute : tolerance.relative * largest;
    const { index, difference } = worstElement(actual, expected);
    const pass = difference <= allowed;
    return {
      pass,
      message: () =>
        `element ${index} of ${actual.length} is ${actual[index]}, expected ${expected[index]}: ` +
        `they differ by ${difference}, ${pass ? "no more than" : "allowed is"} ${allowed}` +
        ("relative" in tolerance ? ` (${tolerance.relative} of ${largest})` : ""),
    };
  },
});

/** The element that is furthest off; one that cannot be compared is infinitely far off. */
export function worstElement(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  let index = 0;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = actual[i] === expected[i] ? 0 : Math.abs(actual[i]! - expected[i]!);
    const d = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
    if (d > difference) {
      difference = d;
      index = i;
    }
  }
  return { index, difference };
}

export function largestMagnitude(tensor: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < tensor.length; i++) largest = Math.max(largest, Math.abs(tensor[i]!));
  return largest;
}
