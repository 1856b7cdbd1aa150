import { readFileSync } from "node:fs";
import { Adam, type AdamStep } from "../../src/runtime/optimizer/adam.js";
import { clipFactor } from "../../src/runtime/optimizer/clip.js";
import { loadKernels } from "../../src/runtime/threads/kernels.js";
import type { StoredTensor } from "./gradient-cases.js";

/** What PyTorch's Adam made of a table of 6 rows; tools/make-gradient-fixtures.py says which have gradients. */
export const recorded: {
  initial: StoredTensor;
  learningRate: number;
  steps: { gradient: StoredTensor; parameter: StoredTensor }[];
} = JSON.parse(readFileSync(new URL("../fixtures/gradients/adam.json", import.meta.url), "utf8"));

/** The step after `index` others, with the settings of the recorded run. */
export function stepAfter(index: number): AdamStep {
  const { learningRate } = recorded;
  return { learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: index + 1 };
}

/** A parameter all of whose elements are moved by every step. */
export class DenseAdam {
  readonly parameter: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly #adam: Adam;

  constructor(initial: ArrayLike<number>) {
    this.parameter = Float32Array.from(initial);
    this.#adam = new Adam(loadKernels(), [initial.length]);
    const { mean, variance } = this.#adam.moments[0]!;
    this.mean = mean;
    this.variance = variance;
  }

  step(gradients: readonly Float32Array[], step: AdamStep): void {
    this.#adam.begin(step);
    this.#adam.moveRange([this.parameter], gradients, this.#adam.moments[0]!, 0, this.parameter.length);
  }
}

/** What PyTorch's AdamW made of a table and a bias, the former alone decaying; tools/make-training-fixtures.py. */
export const recordedAdamW: {
  lr: number;
  weight_decay: number;
  maxNorm: number;
  table: number[];
  bias: number[];
  steps: {
    tableGradient: number[];
    biasGradient: number[];
    /** of both gradients, before they were clipped to the maximum */
    norm: number;
    table: number[];
    bias: number[];
  }[];
} = JSON.parse(readFileSync(new URL("../fixtures/training/adamw.json", import.meta.url), "utf8"));

/** The step after `index` others, with the settings of that run. */
export function adamWStepAfter(index: number): AdamStep {
  const { lr, weight_decay, maxNorm, steps } = recordedAdamW;
  return {
    ...stepAfter(index),
    learningRate: lr,
    weightDecay: weight_decay,
    gradientScale: clipFactor(steps[index]!.norm, maxNorm),
  };
}
