import { TunebertError } from "../error.js";

/** Examples whose confidence lies within the same tenth, or whatever part. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly examples: number;
  readonly correct: number;
  /** The mean confidence of the examples. */
  readonly confidence: number;
}

export interface Calibration {
  /** Those that have examples, from the least confidence to the greatest. */
  readonly bins: readonly ReliabilityBin[];
  /** The mean distance of accuracy from confidence over the bins, each weighted by its examples. */
  readonly expectedCalibrationError: number;
}

/**
 * How far confidence can be taken at its word: of answers given with confidence 0.8, about 80 % should be right.
 * Bins of equal width, each with its upper end, as in Guo et al., "On calibration of modern neural networks"
 * (2017).
 * @param confidences the probability of each answer, between 0 and 1
 * @param correct whether the answer is right, in the same order
 */
export function calibration(
  confidences: readonly number[],
  correct: readonly boolean[],
  binCount = 10,
): Calibration {
  const sums = Array.from({ length: binCount }, () => ({ examples: 0, correct: 0, confidence: 0 }));
  confidences.forEach((confidence, i) => {
    const bin = sums[Math.min(binCount - 1, Math.max(0, Math.ceil(confidence * binCount) - 1))];
    if (!bin) throw new TunebertError(`the confidence of answer ${i} is ${confidence}; expected 0 to 1`);
    bin.examples += 1;
    if (correct[i]) bin.correct += 1;
    bin.confidence += confidence;
  });
  const bins = sums.map((sum, i) => ({
    from: i / binCount,
    to: (i + 1) / binCount,
    examples: sum.examples,
    correct: sum.correct,
    confidence: sum.confidence / sum.examples,
  }));
  return {
    bins: bins.filter(({ examples }) => examples > 0),
    expectedCalibrationError:
      sums.reduce((total, bin) => total + Math.abs(bin.correct - bin.confidence), 0) / confidences.length,
  };
}
