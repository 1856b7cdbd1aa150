import { describe, expect, test } from "vitest";
import {
  adamWStepAfter,
  freshState,
  recorded,
  recordedAdamW,
  stepAfter,
} from "../../test/support/adam-fixture.js";
import { Random } from "../random.js";
import { Adam, decay } from "./adam.js";

const adam = new Adam();

describe("Adam", () => {
  test("makes PyTorch's steps", () => {
    const state = freshState(recorded.initial.data);
    recorded.steps.forEach(({ gradient, parameter }, i) => {
      const { data } = gradient;
      adam.update(state, [Float32Array.from(data)], stepAfter(i), 0, data.length);
      // One rounding of numbers between 1 and 2: float32 arithmetic in nearly PyTorch's own order.
      expect(state.parameter, `step ${i + 1}`).toBeCloseToTensor(parameter.data, { absolute: 1.2e-7 });
    });
  });

  test("leaves what is outside its range alone", () => {
    const state = freshState([1, 1, 1, 1]);
    adam.update(state, [Float32Array.of(1, 1, 1, 1)], stepAfter(0), 1, 3);
    for (const [array, before] of [
      [state.parameter, 1],
      [state.mean, 0],
      [state.variance, 0],
    ] as const) {
      expect([...array].map((x) => x === before)).toEqual([true, false, false, true]);
    }
  });

  test("leaves the gradients as they are", () => {
    const gradients = [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)];
    adam.update(freshState([1, 1, 1]), gradients, stepAfter(0), 0, 3);
    expect(gradients).toEqual([Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)]);
  });

  test("works through ranges of any length, beyond what it holds at a time", () => {
    const length = 40_003;
    const random = new Random(4);
    const numbers = () => Float32Array.from({ length }, () => random.normal());
    const [initial, first, second] = [numbers(), numbers(), numbers()];
    const state = freshState(initial);
    state.mean.set(numbers());
    state.variance.set(numbers().map((x) => x * x));
    const expected = Float64Array.from(initial, (x, i) => {
      const g = first[i]! + second[i]!;
      const mean = 0.9 * state.mean[i]! + 0.1 * g;
      const variance = 0.999 * state.variance[i]! + 0.001 * g * g;
      const divisor = Math.sqrt(variance / (1 - 0.999 ** 3)) + 1e-8;
      return i < 2 ? x : x - (0.1 * mean) / (1 - 0.9 ** 3) / divisor;
    });
    adam.update(state, [first, second], { ...stepAfter(2), learningRate: 0.1 }, 2, length);
    expect(state.parameter).toBeCloseToTensor(expected, { absolute: 2e-6 });
  });

  test("sums the squares of gradients that are added up", () => {
    const length = 40_003;
    const random = new Random(5);
    const gradients = [0, 1, 2].map(() => Float32Array.from({ length }, () => random.normal()));
    const expected = gradients[0]!
      .map((x, i) => x + gradients[1]![i]! + gradients[2]![i]!)
      .subarray(1, length - 1)
      .reduce((sum, x) => sum + x * x, 0);
    expect([adam.sumOfSquares(gradients, 1, length - 1)]).toBeCloseToTensor([expected], { relative: 1e-6 });
  });
});

describe("AdamW with clipped gradients", () => {
  const { table, bias, steps } = recordedAdamW;

  test("makes PyTorch's steps", () => {
    const decaying = freshState(table);
    const spared = freshState(bias);
    steps.forEach((recorded, i) => {
      const step = adamWStepAfter(i);
      const { tableGradient, biasGradient } = recorded;
      adam.update(decaying, [Float32Array.from(tableGradient)], step, 0, table.length);
      adam.update(spared, [Float32Array.from(biasGradient)], { ...step, weightDecay: 0 }, 0, bias.length);
      expect(decaying.parameter, `step ${i + 1}`).toBeCloseToTensor(recorded.table, { absolute: 1.2e-7 });
      expect(spared.parameter, `step ${i + 1}`).toBeCloseToTensor(recorded.bias, { absolute: 1.2e-7 });
    });
  });

  test("does no more than decay where there is neither a gradient nor moments", () => {
    const state = freshState(table);
    const alone = Float32Array.from(table);
    adam.update(state, [new Float32Array(table.length)], adamWStepAfter(0), 0, table.length);
    decay(alone, adamWStepAfter(0), 0, table.length);
    expect(alone).toEqual(state.parameter);
    expect(alone).not.toEqual(Float32Array.from(table));
  });

  test("without decay and clipping is Adam to the bit", () => {
    const gradient = Float32Array.from(steps[0]!.tableGradient);
    const [state, other] = [freshState(table), freshState(table)];
    adam.update(state, [gradient], stepAfter(0), 0, table.length);
    adam.update(other, [gradient], { ...stepAfter(0), weightDecay: 0, gradientScale: 1 }, 0, table.length);
    expect(other).toEqual(state);
  });
});
