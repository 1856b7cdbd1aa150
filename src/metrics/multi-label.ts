import type { LabelScores } from "./classification-report.js";

/** How well a label is told from its absence, and from which probability on it is answered. */
export interface ThresholdScores extends LabelScores {
  readonly threshold: number;
}

/** How good answers of several labels are. */
export interface MultiLabelReport {
  readonly examples: number;
  /** F1 of all labels of all examples together. */
  readonly microF1: number;
  /** The plain mean of F1 over all labels, however rare. */
  readonly macroF1: number;
  /** The part of the examples whose labels are all right, and no other is answered. */
  readonly exactMatch: number;
  /** (K), in the order of the labels. */
  readonly perLabel: readonly ThresholdScores[];
}

/** From this probability on a label is answered, where nothing else has been chosen. */
export const USUAL_THRESHOLD = 0.5;

/**
 * Compares labels that are answered with the true ones. What has no value counts as 0, as with `zero_division=0` in
 * scikit-learn.
 * @param truth [n, K], 1 where an example has the label, else 0
 * @param probabilities [n, K]
 * @param thresholds (K); default: one half for each
 * @example
 * const { microF1 } = multiLabelReport(Uint8Array.of(1, 0, 1, 1), Float32Array.of(0.9, 0.2, 0.7, 0.4), ["calm", "loud"]);
 * console.log(microF1); // 0.8
 */
export function multiLabelReport(
  truth: Uint8Array,
  probabilities: Float32Array,
  labels: readonly string[],
  thresholds: readonly number[] = labels.map(() => USUAL_THRESHOLD),
): MultiLabelReport {
  const K = labels.length;
  const examples = truth.length / K;
  const right = labels.map(() => 0);
  const support = labels.map(() => 0);
  const answered = labels.map(() => 0);
  let exact = 0;
  for (let example = 0; example < examples; example++) {
    let isExact = true;
    for (let k = 0; k < K; k++) {
      const isTrue = truth[example * K + k] === 1;
      const isAnswered = probabilities[example * K + k]! >= thresholds[k]!;
      if (isTrue) support[k]!++;
      if (isAnswered) answered[k]!++;
      if (isTrue && isAnswered) right[k]!++;
      if (isTrue !== isAnswered) isExact = false;
    }
    if (isExact) exact++;
  }
  const perLabel = labels.map((label, k) => ({
    label,
    precision: ratio(right[k]!, answered[k]!),
    recall: ratio(right[k]!, support[k]!),
    f1: ratio(2 * right[k]!, answered[k]! + support[k]!),
    support: support[k]!,
    threshold: thresholds[k]!,
  }));
  return {
    examples,
    microF1: ratio(2 * total(right), total(answered) + total(support)),
    macroF1: total(perLabel.map(({ f1 }) => f1)) / K,
    exactMatch: exact / examples,
    perLabel,
  };
}

/**
 * The threshold of each label that gives it the highest F1 on these examples, halfway between two probabilities; of equals
 * the one nearest to one half. A label that no example has keeps one half.
 * @param truth [n, K], 1 where an example has the label, else 0
 * @param probabilities [n, K]
 * @returns (K)
 */
export function bestThresholds(truth: Uint8Array, probabilities: Float32Array, K: number): number[] {
  const examples = truth.length / K;
  return Array.from({ length: K }, (_, k) => {
    const ranked = Array.from({ length: examples }, (_, i) => ({
      probability: probabilities[i * K + k]!,
      isTrue: truth[i * K + k] === 1,
    })).sort((a, b) => b.probability - a.probability);
    return bestThreshold(ranked);
  });
}

interface Ranked {
  readonly probability: number;
  readonly isTrue: boolean;
}

/** @param ranked by descending probability */
function bestThreshold(ranked: readonly Ranked[]): number {
  const support = ranked.filter(({ isTrue }) => isTrue).length;
  let best = { threshold: USUAL_THRESHOLD, f1: 0 };
  let right = 0;
  ranked.forEach(({ probability, isTrue }, i) => {
    if (isTrue) right++;
    const next = ranked[i + 1]?.probability ?? 0;
    if (next === probability) return;
    // One half lies between the two: it is as good as what is halfway.
    const isHalf = next < USUAL_THRESHOLD && USUAL_THRESHOLD <= probability;
    const threshold = isHalf ? USUAL_THRESHOLD : (probability + next) / 2;
    const f1 = ratio(2 * right, i + 1 + support);
    const isNearer = Math.abs(threshold - USUAL_THRESHOLD) < Math.abs(best.threshold - USUAL_THRESHOLD);
    if (f1 > best.f1 || (f1 === best.f1 && f1 > 0 && isNearer)) best = { threshold, f1 };
  });
  return best.threshold;
}

/** σ of each logit. */
export function sigmoid(logits: Float32Array): Float32Array {
  return logits.map((x) => 1 / (1 + Math.exp(-x)));
}

/** The mean over examples and labels of the binary cross-entropy. @param truth [n, K] @param logits [n, K] */
export function meanBinaryCrossEntropy(logits: Float32Array, truth: Uint8Array): number {
  const sum = logits.reduce(
    (total, x, i) => total + Math.max(x, 0) - x * truth[i]! + Math.log1p(Math.exp(-Math.abs(x))),
    0,
  );
  return sum / logits.length;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
