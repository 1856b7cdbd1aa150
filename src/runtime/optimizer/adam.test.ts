import { describe, expect, test } from "vitest";
import {
  adamWStepAfter,
  DenseAdam,
  recorded,
  recordedAdamW,
  stepAfter,
} from "../../../test/support/adam-fixture.js";
import { Random } from "../../random.js";
import { loadKernels } from "../threads/kernels.js";
import { Adam } from "./adam.js";

describe("Adam", () => {
  test("makes PyTorch's steps", () => {
    const dense = new DenseAdam(recorded.initial.data);
    recorded.steps.forEach(({ gradient, parameter }, i) => {
      dense.step([Float32Array.from(gradient.data)], stepAfter(i));
      // One rounding of numbers between 1 and 2: float32 arithmetic in nearly PyTorch's own order.
      expect(dense.parameter, `step ${i + 1}`).toBeCloseToTensor(parameter.data, { absolute: 1.2e-7 });
    });
  });

  test("leaves what is outside its range alone, and moves every array that holds the parameter", () => {
    const adam = new Adam(loadKernels(), [2, 3]);
    const [first, second] = [Float32Array.of(1, 1, 1, 1), Float32Array.of(1, 1, 1, 1)];
    adam.moments[1]!.mean.fill(7);
    adam.begin(stepAfter(0));
    adam.moveRange([first, second], [Float32Array.of(1, 1, 1, 1)], adam.moments[0]!, 1, 3);
    expect([...first].map((x) => x === 1)).toEqual([true, false, false, true]);
    expect(second).toEqual(first);
    expect(adam.moments[0]!.variance.every((x) => x > 0)).toBe(true);
    expect(adam.moments[1]).toEqual({ mean: new Float32Array(3).fill(7), variance: new Float32Array(3) });
  });

  test("leaves the gradients as they are, and takes those that are added to its own", () => {
    const gradients = [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)];
    const dense = new DenseAdam([1, 1, 1]);
    dense.step(gradients, stepAfter(0));
    expect(gradients).toEqual([Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)]);

    const adam = new Adam(loadKernels(), [3]);
    adam.parameter.set([1, 1, 1]);
    adam.gradient.set([5, 7, 9]);
    adam.begin(stepAfter(0));
    adam.move(adam.moments[0]!, 0, 3);
    expect(adam.parameter.subarray(0, 3)).toEqual(dense.parameter);
    expect(adam.gradient).toEqual(new Float32Array(adam.chunk));
  });

  test("takes a mean for zero that is denormal", () => {
    const least = 2 ** -126;
    const dense = new DenseAdam(new Array(5).fill(1));
    dense.mean.set([2 * least, -2 * least, 1.5 * least, -least, Number.NaN]);
    dense.step([new Float32Array(5)], { ...stepAfter(0), beta1: 0.5 });
    expect([...dense.mean]).toEqual([least, -least, 0, 0, Number.NaN]);
  });

  test("works through ranges of any length, beyond what it holds at a time", () => {
    const length = 40_003;
    const random = new Random(4);
    const numbers = () => Float32Array.from({ length }, () => random.normal());
    const [initial, first, second] = [numbers(), numbers(), numbers()];
    const dense = new DenseAdam(initial);
    dense.mean.set(numbers());
    dense.variance.set(numbers().map((x) => x * x));
    const expected = Float64Array.from(initial, (x, i) => {
      const g = first[i]! + second[i]!;
      const mean = 0.9 * dense.mean[i]! + 0.1 * g;
      const variance = 0.999 * dense.variance[i]! + 0.001 * g * g;
      const divisor = Math.sqrt(variance / (1 - 0.999 ** 3)) + 1e-8;
      return x - (0.1 * mean) / (1 - 0.9 ** 3) / divisor;
    });
    dense.step([first, second], { ...stepAfter(2), learningRate: 0.1 });
    expect(dense.parameter).toBeCloseToTensor(expected, { absolute: 2e-6 });
  });

  test("says so when the moments are more than WebAssembly's memory can hold", () => {
    expect(() => new Adam(loadKernels(), [400e6, 200e6])).toThrow(
      "the optimizer's moments take 4.5 GiB on each thread, of 4 that are possible: use more threads",
    );
  });

  test("sums the squares of gradients that are added up", () => {
    const length = 40_003;
    const random = new Random(5);
    const gradients = [0, 1, 2].map(() => Float32Array.from({ length }, () => random.normal()));
    const expected = gradients[0]!
      .map((x, i) => x + gradients[1]![i]! + gradients[2]![i]!)
      .subarray(1, length - 1)
      .reduce((sum, x) => sum + x * x, 0);
    expect([new Adam(loadKernels(), []).sumOfSquares(gradients, 1, length - 1)]).toBeCloseToTensor(
      [expected],
      {
        relative: 1e-6,
      },
    );
  });
});

describe("AdamW with clipped gradients", () => {
  const { table, bias, steps } = recordedAdamW;

  test("makes PyTorch's steps", () => {
    const decaying = new DenseAdam(table);
    const spared = new DenseAdam(bias);
    steps.forEach((recorded, i) => {
      const step = adamWStepAfter(i);
      decaying.step([Float32Array.from(recorded.tableGradient)], step);
      spared.step([Float32Array.from(recorded.biasGradient)], { ...step, weightDecay: 0 });
      expect(decaying.parameter, `step ${i + 1}`).toBeCloseToTensor(recorded.table, { absolute: 1.2e-7 });
      expect(spared.parameter, `step ${i + 1}`).toBeCloseToTensor(recorded.bias, { absolute: 1.2e-7 });
    });
  });

  test("does no more than decay where there is neither a gradient nor moments", () => {
    const values = Float32Array.from({ length: 40_003 }, (_, i) => table[i % table.length]!);
    values[1] = -0;
    const dense = new DenseAdam(values);
    dense.step([new Float32Array(values.length)], adamWStepAfter(0));

    const adam = new Adam(loadKernels(), []);
    const alone = values.slice();
    adam.begin(adamWStepAfter(0));
    expect(adam.decays).toBe(true);
    adam.decay(alone, 1, alone.length);
    expect(alone.subarray(1)).toEqual(dense.parameter.subarray(1));
    expect(alone[0]).toBe(values[0]);
    expect(alone[2]).not.toBe(values[2]);
  });

  test("without decay and clipping is Adam to the bit", () => {
    const gradient = Float32Array.from(steps[0]!.tableGradient);
    const [dense, other] = [new DenseAdam(table), new DenseAdam(table)];
    dense.step([gradient], stepAfter(0));
    other.step([gradient], { ...stepAfter(0), weightDecay: 0, gradientScale: 1 });
    for (const key of ["parameter", "mean", "variance"] as const) expect(other[key]).toEqual(dense[key]);
  });
});
