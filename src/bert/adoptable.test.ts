import { expect, test } from "vitest";
import type { StateDict, Tensor } from "../weights/tensor.js";
import { adoptable } from "./adoptable.js";

function view(memory: ArrayBufferLike, start: number, length: number): Tensor {
  return { type: "float32", shape: [length], data: new Float32Array(memory, 4 * start, length) };
}

function adopted(tensors: Record<string, Tensor>): string[] {
  const state: StateDict = new Map(Object.entries(tensors));
  const found = adoptable(state);
  return [...state].filter(([, tensor]) => found.has(tensor)).map(([name]) => name);
}

test("tensors apart in shared memory are, those in memory of one thread's own are not", () => {
  const shared = new SharedArrayBuffer(40);
  const own = new ArrayBuffer(40);
  expect(adopted({ b: view(shared, 5, 5), a: view(shared, 0, 5), c: view(own, 0, 5) })).toEqual(["b", "a"]);
});

test("none is in memory where two have bytes in common", () => {
  const tied = new SharedArrayBuffer(40);
  const apart = new SharedArrayBuffer(40);
  expect(adopted({ a: view(tied, 0, 6), b: view(tied, 5, 5) })).toEqual([]);
  expect(adopted({ a: view(tied, 0, 9), b: view(tied, 5, 1) })).toEqual([]);
  expect(adopted({ a: view(tied, 0, 4), b: view(tied, 0, 4), c: view(apart, 0, 4) })).toEqual(["c"]);
});
