/** What one step of Adam (Kingma and Ba, 2015) needs to know. */
export interface AdamStep {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** 1 for the first step */
  readonly step: number;
}

/** A parameter and its two moments, all of one length. */
export interface AdamState {
  readonly parameter: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/**
 * Applies a step to the elements from `start` up to `end`, as PyTorch's Adam does: the moments are float32, the
 * arithmetic between two stores is done in double precision. `gradient` is indexed like the parameter.
 */
export function adamUpdate(
  { parameter, mean, variance }: AdamState,
  gradient: Float32Array,
  { learningRate, beta1, beta2, epsilon, step }: AdamStep,
  start: number,
  end: number,
): void {
  const rate = learningRate / (1 - beta1 ** step);
  const correction = 1 / Math.sqrt(1 - beta2 ** step);
  const fresh1 = 1 - beta1;
  const fresh2 = 1 - beta2;
  for (let i = start; i < end; i++) {
    const g = gradient[i]!;
    const m = mean[i]! + (g - mean[i]!) * fresh1;
    const v = beta2 * variance[i]! + fresh2 * g * g;
    mean[i] = m;
    variance[i] = v;
    parameter[i] = parameter[i]! - (rate * m) / (Math.sqrt(v) * correction + epsilon);
  }
}
