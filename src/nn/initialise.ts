import type { Random } from "../random.js";

/** How a parameter starts: fills it with fresh values. */
export type Initialiser = (values: Float32Array, random: Random) => void;

/** The same number everywhere. */
export function constant(number: number): Initialiser {
  return (values) => values.fill(number);
}

/** Drawn from the normal distribution with mean 0. */
export function normal(std: number): Initialiser {
  return (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = std * random.normal();
  };
}

/** Drawn evenly from the numbers within ±1/√inputs, as PyTorch's linear layers start. */
export function uniformOverInputs(inputs: number): Initialiser {
  const bound = 1 / Math.sqrt(inputs);
  return (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = bound * (2 * random.uniform() - 1);
  };
}
