import type { TensorData } from "./tensor.js";

/** How a tensor's elements lie in a run of elements. */
export interface Layout {
  readonly shape: readonly number[];
  /** Steps in elements, one for each dimension. */
  readonly strides: readonly number[];
}

/** The strides of a dense tensor whose last dimension varies fastest. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let step = 1;
  for (const dimension of shape.toReversed()) {
    strides.unshift(step);
    step *= Math.max(dimension, 1);
  }
  return strides;
}

/** The strides of a dense tensor whose first dimension varies fastest, as in Fortran. */
export function columnMajorStrides(shape: readonly number[]): number[] {
  return rowMajorStrides(shape.toReversed()).reverse();
}

/** Whether the elements lie densely in the order that {@link rowMajorStrides} describes. */
export function isRowMajor({ shape, strides }: Layout): boolean {
  const expected = rowMajorStrides(shape);
  return strides.every((stride, i) => shape[i] === 1 || stride === expected[i]);
}

/** Copies the `count` elements of a layout that begins at `start` into row-major order. */
export function gather(
  elements: TensorData,
  start: number,
  { shape, strides }: Layout,
  count: number,
): TensorData {
  // Elements are only moved, so one numeric array type may stand for all of them, 64-bit integers included. Whoever made
  // the layout has checked that it has a stride for each dimension and stays within the elements.
  const source = elements as Float32Array;
  const ElementArray = source.constructor as Float32ArrayConstructor;
  const target = new ElementArray(count);
  const innermost = shape.length - 1;
  let filled = 0;
  const copy = (dimension: number, from: number) => {
    const stride = strides[dimension]!;
    for (let i = 0; i < shape[dimension]!; i++) {
      const at = from + i * stride;
      if (dimension < innermost) copy(dimension + 1, at);
      else target[filled++] = source[at]!;
    }
  };
  copy(0, start);
  return target;
}
