import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { StoredTensor } from "../../test/support/gradient-cases.js";
import { Random } from "../random.js";
import { Adam, type AdamState, type AdamStep } from "./adam.js";
import { type OptimizedParameter, updateShare } from "./optimizer-share.js";

/** What PyTorch's Adam made of a table of 6 rows; see tools/make-gradient-fixtures.py. */
const recorded: {
  initial: StoredTensor;
  learningRate: number;
  steps: { gradient: StoredTensor; parameter: StoredTensor }[];
} = JSON.parse(readFileSync(new URL("../../test/fixtures/gradients/adam.json", import.meta.url), "utf8"));
const [ROWS, WIDTH] = recorded.initial.shape as [number, number];

/** One rounding of numbers between 1 and 2: float32 arithmetic in nearly PyTorch's own order. */
const TOLERANCE = { absolute: 1.2e-7 };

const adam = new Adam();

const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const stepOf = (index: number): AdamStep => ({
  ...settings,
  learningRate: recorded.learningRate,
  step: index + 1,
});

function freshState(initial: ArrayLike<number>): AdamState {
  return {
    parameter: Float32Array.from(initial),
    mean: new Float32Array(initial.length),
    variance: new Float32Array(initial.length),
  };
}

describe("Adam", () => {
  test("makes PyTorch's steps", () => {
    const state = freshState(recorded.initial.data);
    recorded.steps.forEach(({ gradient, parameter }, i) => {
      adam.update(state, [Float32Array.from(gradient.data)], stepOf(i), 0, ROWS * WIDTH);
      expect(state.parameter, `step ${i + 1}`).toBeCloseToTensor(parameter.data, TOLERANCE);
    });
  });

  test("leaves what is outside its range alone", () => {
    const state = freshState([1, 1, 1, 1]);
    adam.update(state, [Float32Array.of(1, 1, 1, 1)], stepOf(0), 1, 3);
    expect([...state.parameter].map((x) => x === 1)).toEqual([true, false, false, true]);
    expect([...state.mean].map((x) => x === 0)).toEqual([true, false, false, true]);
    expect([...state.variance].map((x) => x === 0)).toEqual([true, false, false, true]);
  });

  test("works through ranges of any length, beyond what it holds at a time", () => {
    const length = 40_003;
    const random = new Random(4);
    const numbers = () => Float32Array.from({ length }, () => random.normal());
    const [initial, first, second] = [numbers(), numbers(), numbers()];
    const state = freshState(initial);
    const step = { ...stepOf(2), learningRate: 0.1 };
    state.mean.set(numbers());
    state.variance.set(numbers().map((x) => x * x));
    const expected = Float64Array.from(initial, (x, i) => {
      const g = first[i]! + second[i]!;
      const mean = 0.9 * state.mean[i]! + 0.1 * g;
      const variance = 0.999 * state.variance[i]! + 0.001 * g * g;
      const divisor = Math.sqrt(variance / (1 - 0.999 ** 3)) + 1e-8;
      return i < 2 ? x : x - (0.1 * mean) / (1 - 0.9 ** 3) / divisor;
    });
    adam.update(state, [first, second], step, 2, length);
    expect(state.parameter).toBeCloseToTensor(expected, { absolute: 2e-6 });
  });
});

describe("updateShare", () => {
  /** A parameter with the recorded values, whose gradients arrive split over some replicas. */
  function optimized(replicas: number, byRows: boolean): OptimizedParameter {
    const flags = () => (byRows ? new Uint8Array(ROWS) : undefined);
    return {
      state: freshState(recorded.initial.data),
      gradients: Array.from({ length: replicas }, () => ({
        data: new Float32Array(ROWS * WIDTH),
        touched: flags(),
      })),
      live: flags(),
    };
  }

  /** Each row's gradient goes to one of the replicas; rows without one are not touched. */
  function deliver({ gradients }: OptimizedParameter, gradient: readonly number[], step: number) {
    for (let row = 0; row < ROWS; row++) {
      const values = gradient.slice(row * WIDTH, (row + 1) * WIDTH);
      if (values.every((x) => x === 0)) continue;
      const { data, touched } = gradients[(row + step) % gradients.length]!;
      data.set(values, row * WIDTH);
      if (touched) touched[row] = 1;
    }
  }

  function train(parameter: OptimizedParameter, ranks: number) {
    recorded.steps.forEach(({ gradient }, i) => {
      deliver(parameter, gradient.data, i);
      for (let rank = 0; rank < ranks; rank++) updateShare(adam, [parameter], stepOf(i), rank, ranks);
    });
    return parameter;
  }

  const dense = freshState(recorded.initial.data);
  recorded.steps.forEach(({ gradient }, i) => {
    adam.update(dense, [Float32Array.from(gradient.data)], stepOf(i), 0, ROWS * WIDTH);
  });

  test.each([
    [1, 1],
    [1, 2],
    [2, 2],
    [3, 4],
  ])("gradients of %d replicas, shared out to %d: the bits of one dense update", (replicas, ranks) => {
    expect(train(optimized(replicas, false), ranks).state).toEqual(dense);
    expect(train(optimized(replicas, true), ranks).state).toEqual(dense);
  });

  test("clears the sums and the marks of touched rows", () => {
    for (const byRows of [false, true]) {
      for (const { data, touched } of train(optimized(2, byRows), 2).gradients) {
        expect(data).toEqual(new Float32Array(ROWS * WIDTH));
        if (touched) expect(touched).toEqual(new Uint8Array(ROWS));
      }
    }
  });

  test("passes over rows that never had a gradient, and goes on moving those that once had", () => {
    const parameter = optimized(1, true);
    const row = (index: number) => [
      ...parameter.state.parameter.subarray(index * WIDTH, (index + 1) * WIDTH),
    ];
    const moved: number[][] = [];
    recorded.steps.forEach(({ gradient }, i) => {
      const before = Array.from({ length: ROWS }, (_, index) => row(index));
      deliver(parameter, gradient.data, i);
      updateShare(adam, [parameter], stepOf(i), 0, 1);
      moved.push(before.map((values, index) => Number(values.some((x, j) => x !== row(index)[j]))));
    });
    const always = new Array(recorded.steps.length).fill(1);
    expect(moved.map((rows) => rows[1])).toEqual(always); // had one at the first step only
    expect(moved.map((rows) => rows[2])).toEqual(always.with(0, 0).with(1, 0)); // from the third on
    expect(moved.map((rows) => rows[5])).toEqual(always.fill(0));
    expect([...parameter.live!]).toEqual([1, 1, 1, 1, 1, 0]);
  });

  test("adds what all replicas have summed, across blocks of rows", () => {
    const rows = 300;
    const random = new Random(0);
    const numbers = () => Float32Array.from({ length: rows * 2 }, () => random.normal());
    const gradients = Array.from({ length: 3 }, () => {
      const touched = Uint8Array.from({ length: rows }, () => Number(random.uniform() < 0.3));
      return { data: numbers().map((x, i) => (touched[i >> 1] ? x : 0)), touched };
    });
    const initial = numbers();
    const sum = Float32Array.from({ length: rows * 2 }, (_, i) =>
      Math.fround(Math.fround(gradients[0]!.data[i]! + gradients[1]!.data[i]!) + gradients[2]!.data[i]!),
    );
    const expected = freshState(initial);
    adam.update(expected, [sum], stepOf(0), 0, rows * 2);

    const parameter = { state: freshState(initial), gradients, live: new Uint8Array(rows) };
    for (const rank of [2, 0, 1]) updateShare(adam, [parameter], stepOf(0), rank, 3);
    expect(parameter.state).toEqual(expected);
  });
});
