import { expect, test } from "vitest";
import { toFloat16, toFloat32 } from "./tensor.js";

const rounded = (...numbers: number[]) => {
  const tensor = { type: "float32", shape: [numbers.length], data: Float32Array.from(numbers) };
  return toFloat16(tensor, "x");
};

test("every float16 comes back as itself", () => {
  const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).filter((one) => (one & 0x7c00) !== 0x7c00);
  const numbers = toFloat32({ type: "float16", shape: [bits.length], data: bits }, "x");
  expect(rounded(...numbers.subarray(0, 30_000)).data).toEqual(bits.subarray(0, 30_000));
  expect(rounded(...numbers.subarray(30_000)).data).toEqual(bits.subarray(30_000));
});

test("numbers between two go to the nearest, and of two to the even one", () => {
  const step = 2 ** -10;
  const values = [
    1 + step / 2,
    1 + 1.5 * step,
    1 + 0.51 * step,
    2047.6,
    65519,
    65520,
    -1e9,
    2 ** -25,
    2 ** -24 * 1.5,
  ];
  expect([...toFloat32(rounded(...values), "x")]).toEqual([
    ...[1, 1 + 2 * step, 1 + step, 2048, 65504],
    ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 2 ** -23],
  ]);
});

test("integers stay", () => {
  const tensor = { type: "int32", shape: [1], data: Int32Array.of(7) };
  expect(toFloat16(tensor, "x")).toBe(tensor);
});
