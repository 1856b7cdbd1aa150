import { describe, expect, test } from "vitest";
import { DenseAdam, stepAfter } from "../../../test/support/adam-fixture.js";
import { Optimizers, sameBits, sparse } from "../../../test/support/optimizers.js";
import { Random } from "../../random.js";
import { loadKernels } from "../threads/kernels.js";
import { Adam, type AdamStep } from "./adam.js";
import { RowMoments, rowStride } from "./row-moments.js";

/** A mean vanishes within 40 steps, in place of hundreds. */
const BETA1 = 0.1;

describe("a row", () => {
  const WIDTH = 3;
  const adam = new Adam(loadKernels(), [5 * rowStride(WIDTH)]);
  const moments = new RowMoments(adam, adam.moments[0]!, 5, WIDTH);
  const steps = (count: number) => {
    for (let i = 0; i < count; i++) {
      adam.begin({ ...stepAfter(i), beta1: BETA1 });
      moments.move(0, moments.active.length);
      moments.endStep();
    }
  };
  const variance = (row: number) => {
    const whole = { mean: new Float32Array(5 * WIDTH), variance: new Float32Array(5 * WIDTH) };
    moments.copy(row, whole);
    return [...whole.variance.subarray(row * WIDTH, (row + 1) * WIDTH)];
  };

  test("is active from its first gradient until its mean has vanished, then idle until its next", () => {
    moments.activate(3);
    moments.activate(1);
    expect([...moments.active]).toEqual([3, 1]);
    adam.gradient.set([1, 1, 1, 0, 1, 1, 1]);
    steps(20);
    expect([...moments.active].sort()).toEqual([1, 3]);
    steps(80);
    expect([...moments.active]).toEqual([]);
    moments.activate(1);
    moments.activate(4);
    expect([...moments.active].sort()).toEqual([1, 4]);
    expect([0, 1, 2, 3, 4].filter((row) => moments.isActive(row))).toEqual([1, 4]);
  });

  test("that is idle has the variance of all steps", () => {
    let expected = Math.fround(Math.fround(1 - 0.999));
    for (let i = 1; i < 100; i++) expected = Math.fround(expected * Math.fround(0.999));
    expect(moments.isActive(3)).toBe(false);
    expect(variance(3)).toEqual([expected, expected, expected]);
    expect(variance(1)).toEqual([expected, expected, expected]);
  });

  test("that never had a gradient has no moments", () => {
    expect(variance(0)).toEqual([0, 0, 0]);
  });
});

/** More rows than replicas have blocks; rows of a multiple of four elements, and others. */
describe.each([
  [200, 8],
  [330, 3],
] as const)("a table of %d rows of %d", (rows, width) => {
  const STEPS = 420;

  /** Few rows have a gradient at a time, and now and then many: rows become idle, active and idle again. */
  const training = (replicas: number) => {
    const random = new Random(7);
    const initial = Float32Array.from({ length: rows * width }, () => random.normal());
    const gradients = (i: number) => sparse([rows, width], replicas, random, i % 150 < 3 ? 0.3 : 0.002);
    return { initial, gradients: Array.from({ length: STEPS }, (_, i) => gradients(i)) };
  };

  const step = (i: number): AdamStep => ({
    ...stepAfter(i),
    beta1: BETA1,
    beta2: 0.99,
    weightDecay: i % 3 === 0 ? 0.1 : 0,
    gradientScale: i % 5 === 0 ? 0.3 : 1,
  });

  test.each([1, 2, 3])("is moved by %d replicas as if its rows were always active", (replicas) => {
    const { initial, gradients } = training(replicas);
    const optimizers = new Optimizers(initial, rows, replicas, "rows");
    const dense = new DenseAdam(initial);
    gradients.forEach((sums, i) => {
      optimizers.step(sums, step(i));
      dense.step([sums.reduce((sum, gradient) => sum.map((x, j) => x + gradient[j]!))], step(i));
      expect(sameBits(optimizers.parameter.data, dense.parameter), `step ${i + 1}`).toBe(true);
      if (i % 70 !== 69) return;
      const { mean, variance } = optimizers.moments().get("p")!;
      expect(sameBits(mean, dense.mean), `mean after step ${i + 1}`).toBe(true);
      expect(sameBits(variance, dense.variance), `variance after step ${i + 1}`).toBe(true);
    });
  });

  test("goes on from the moments of idle rows", () => {
    const { initial, gradients } = training(2);
    const straight = new Optimizers(initial, rows, 2, "rows");
    gradients.slice(0, 140).forEach((sums, i) => {
      straight.step(sums, step(i));
    });
    const resumed = new Optimizers(straight.parameter.data, rows, 2, "rows");
    for (let i = 0; i < 100; i++)
      resumed.step(gradients[i]!, { ...step(i), learningRate: 0, weightDecay: 0 });
    resumed.takeMoments(straight.moments());
    gradients.slice(140).forEach((sums, i) => {
      const norms = [straight, resumed].map((optimizers) => optimizers.step(sums, step(140 + i)));
      expect(norms[1]).toBe(norms[0]);
    });
    const [one, other] = [straight, resumed].map((optimizers) => optimizers.moments().get("p")!);
    expect(sameBits(resumed.parameter.data, straight.parameter.data)).toBe(true);
    expect(sameBits(other!.mean, one!.mean)).toBe(true);
    expect(sameBits(other!.variance, one!.variance)).toBe(true);
  });
});
