import { describe, expect, test } from "vitest";
import {
  adamWStepAfter,
  DenseAdam,
  recorded,
  recordedAdamW,
  stepAfter,
} from "../../../test/support/adam-fixture.js";
import { Optimizers, sameBits, sparse } from "../../../test/support/optimizers.js";
import { Random } from "../../random.js";
import type { AdamStep } from "./adam.js";

const [ROWS, WIDTH] = recorded.initial.shape as [number, number];

/** Each row's gradient goes to one of the replicas, at each step to another. */
function scattered(gradient: readonly number[], replicas: number, step: number): Float32Array[] {
  return Array.from({ length: replicas }, (_, rank) =>
    Float32Array.from(gradient, (x, i) => ((Math.floor(i / WIDTH) + step) % replicas === rank ? x : 0)),
  );
}

describe.each(["whole", "rows"] as const)("a parameter fed by %s", (kind) => {
  test.each([1, 2, 3, 4])("is moved by %d replicas to the bits of one dense update", (replicas) => {
    const optimizers = new Optimizers(recorded.initial.data, ROWS, replicas, kind);
    const dense = new DenseAdam(recorded.initial.data);
    recorded.steps.forEach(({ gradient: { data } }, i) => {
      optimizers.step(scattered(data, replicas, i), stepAfter(i));
      dense.step([Float32Array.from(data)], stepAfter(i));
      expect(optimizers.parameter.data).toEqual(dense.parameter);
      if (kind === "whole") for (const copy of optimizers.copies) expect(copy).toEqual(dense.parameter);
    });
  });

  test("is moved by the sum of what all replicas have, in their order", () => {
    const rows = 300;
    const random = new Random(0);
    const numbers = () => Float32Array.from({ length: rows * 2 }, () => random.normal());
    const initial = numbers();
    const sums = Array.from({ length: 3 }, () => {
      const touched = Uint8Array.from({ length: rows }, () => Number(random.uniform() < 0.3));
      return numbers().map((x, i) => (touched[i >> 1] ? x : 0));
    });
    const total = sums.reduce((sum, gradient) => sum.map((x, i) => x + gradient[i]!));
    const dense = new DenseAdam(initial);
    dense.step([total], stepAfter(0));

    const optimizers = new Optimizers(initial, rows, 3, kind);
    const norm = optimizers.step(sums, stepAfter(0));
    expect(optimizers.parameter.data).toEqual(dense.parameter);
    expect([norm]).toBeCloseToTensor([Math.hypot(...total)], { relative: 1e-12 });
  });

  test.each([1, 2, 3])("decays and is clipped as PyTorch does it, by %d replicas", (replicas) => {
    const { table, bias, steps } = recordedAdamW;
    const tables = new Optimizers(table, 4, replicas, kind);
    const biases = new Optimizers(bias, undefined, replicas, "whole");
    steps.forEach((recorded, i) => {
      const tableSums = scattered(recorded.tableGradient, replicas, i);
      const biasSums = scattered(recorded.biasGradient, replicas, i);
      const step = adamWStepAfter(i);
      const norms = [tables.step(tableSums, step), biases.step(biasSums, step)];
      expect([Math.hypot(...norms)]).toBeCloseToTensor([recorded.norm], { relative: 1e-7 });
      expect(tables.parameter.data, `step ${i + 1}`).toBeCloseToTensor(recorded.table, { absolute: 1.2e-7 });
      expect(biases.parameter.data, `step ${i + 1}`).toBeCloseToTensor(recorded.bias, { absolute: 1.2e-7 });
    });
  });
});

/** Ends of blocks and of chunks, and rows that four elements at a time do not fit. */
const SIZES = [
  [300, 1],
  [331, 3],
  [200, 6],
  [330, 256],
  [150, 1171],
  [40, 4500],
] as const;

describe.each(SIZES)("a table of %d rows of %d", (rows, width) => {
  const decaying = (step: AdamStep) => ({ ...step, weightDecay: 0.1, gradientScale: 0.3 });
  const initial = () => {
    const random = new Random(6);
    return { random, values: Float32Array.from({ length: rows * width }, () => random.normal()) };
  };

  test.each([1, 2, 3])(
    "of which few rows have a gradient is moved by %d replicas as if all had",
    (replicas) => {
      const { random, values } = initial();
      const optimizers = new Optimizers(values, rows, replicas, "rows");
      const dense = new DenseAdam(values);
      for (let i = 0; i < 6; i++) {
        const sums = sparse([rows, width], replicas, random);
        const total = sums.reduce((sum, gradient) => sum.map((x, j) => x + gradient[j]!));
        const step = i % 2 === 0 ? stepAfter(i) : decaying(stepAfter(i));
        const norm = optimizers.step(sums, step);
        dense.step([total], step);
        expect(sameBits(optimizers.parameter.data, dense.parameter), `step ${i + 1}`).toBe(true);
        expect([norm]).toBeCloseToTensor([Math.sqrt(total.reduce((sum, x) => sum + x * x, 0))], {
          relative: 1e-9,
        });
        for (const gradient of optimizers.gradients) expect(gradient.every((x) => x === 0)).toBe(true);
      }
      const { mean, variance } = optimizers.moments().get("p")!;
      expect(sameBits(mean, dense.mean)).toBe(true);
      expect(sameBits(variance, dense.variance)).toBe(true);
    },
  );

  test("goes on from the moments of another number of replicas", () => {
    const { random, values } = initial();
    const [first, straight] = [2, 2].map((replicas) => new Optimizers(values, rows, replicas, "rows"));
    const steps = [0, 1, 2, 3].map(() => sparse([rows, width], 2, random));
    steps.forEach((sums, i) => {
      straight!.step(sums, stepAfter(i));
      if (i < 2) first!.step(sums, stepAfter(i));
    });
    const resumed = new Optimizers(first!.parameter.data, rows, 3, "rows");
    resumed.step(sparse([rows, width], 3, random), { ...stepAfter(0), learningRate: 0 }); // leaves moments to be replaced
    resumed.takeMoments(first!.moments());
    steps.slice(2).forEach((sums, i) => {
      resumed.step([...sums, new Float32Array(rows * width)], stepAfter(2 + i));
    });
    expect(sameBits(resumed.parameter.data, straight!.parameter.data)).toBe(true);
    expect(sameBits(resumed.moments().get("p")!.mean, straight!.moments().get("p")!.mean)).toBe(true);
  });
});

describe("rows", () => {
  test("that never had a gradient are passed over, those that once had go on moving", () => {
    const optimizers = new Optimizers(recorded.initial.data, ROWS, 2, "rows");
    const rows = () => Array.from({ length: ROWS }, (_, row) => optimizers.row(row));
    const moved = recorded.steps.map(({ gradient }, i) => {
      const before = rows();
      optimizers.step(scattered(gradient.data, 2, i), stepAfter(i));
      return rows().map((row, index) => Number(row.some((x, j) => x !== before[index]![j])));
    });
    const always = new Array<number>(recorded.steps.length).fill(1);
    expect(moved.map((rows) => rows[1])).toEqual(always); // a gradient at the first step only
    expect(moved.map((rows) => rows[2])).toEqual(always.with(0, 0).with(1, 0)); // from the third step on
    expect(moved.map((rows) => rows[5])).toEqual(always.fill(0)); // never
  });

  test("that never had a gradient are not even read", () => {
    const optimizers = new Optimizers(recorded.initial.data, ROWS, 1, "rows");
    optimizers.gradients[0]!.fill(Number.NaN, 5 * WIDTH);
    optimizers.step([Float32Array.from(recorded.steps[0]!.gradient.data)], stepAfter(0));
    expect(optimizers.row(5)).toEqual(recorded.initial.data.slice(5 * WIDTH).map(Math.fround));
  });

  test("and their marks are cleared for the next step", () => {
    const optimizers = new Optimizers(recorded.initial.data, ROWS, 2, "rows");
    optimizers.step(scattered(recorded.steps[0]!.gradient.data, 2, 0), stepAfter(0));
    for (const gradient of optimizers.gradients) expect(gradient).toEqual(new Float32Array(ROWS * WIDTH));
    for (const touched of optimizers.touched!) expect(touched).toEqual(new Uint8Array(ROWS));
  });
});
