import { describe, expect, test } from "vitest";
import {
  type BestEpoch,
  betterEpoch,
  type EpochFigures,
  type MetricName,
  patienceIsOver,
} from "./model-selection.js";

const NOTHING: EpochFigures = {
  trainLoss: 0,
  trainAccuracy: 0,
  validationLoss: undefined,
  validationAccuracy: undefined,
  testAccuracy: undefined,
};

/** The best epoch after each of some epochs. */
function bests(metric: MetricName, epochs: readonly Partial<EpochFigures>[]): number[] {
  let best: BestEpoch | undefined;
  return epochs.map((figures, i) => {
    best = betterEpoch(
      best,
      { epoch: i + 1, step: 10 * (i + 1), figures: { ...NOTHING, ...figures } },
      metric,
    );
    expect(best.step).toBe(10 * best.epoch);
    return best.epoch;
  });
}

describe("the best epoch", () => {
  test("by accuracy is the highest, of equals the first, whatever the loss", () => {
    const accuracies = [0.5, 0.4, 0.5, 0.6, 0.6, 0.1];
    const epochs = accuracies.map((x) => ({ validationAccuracy: x, validationLoss: x, testAccuracy: 1 - x }));
    expect(bests("validation-accuracy", epochs)).toEqual([1, 1, 1, 4, 4, 4]);
  });

  test("by loss is the lowest, of equals the first, whatever the accuracy", () => {
    const losses = [0.5, 0.6, 0.5, 0.4, 0.4, 0.9];
    const epochs = losses.map((x) => ({ validationLoss: x, validationAccuracy: x, testAccuracy: x }));
    expect(bests("validation-loss", epochs)).toEqual([1, 1, 1, 4, 4, 4]);
  });

  test.each(["validation-accuracy", "validation-loss"] as const)(
    "by %s, without a validation set, has the highest accuracy on the test set, else in training",
    (metric) => {
      const test = [0.2, 0.1, 0.3].map((x) => ({ testAccuracy: x, trainAccuracy: 1 - x }));
      expect(bests(metric, test)).toEqual([1, 1, 3]);
      expect(bests(metric, [{ trainAccuracy: 0.2 }, { trainAccuracy: 0.3 }])).toEqual([1, 2]);
    },
  );
});

test("patience is over after as many epochs in a row without a better model", () => {
  const best = { epoch: 3, step: 9, value: 0.5 };
  expect([3, 4, 5, 6].map((epoch) => patienceIsOver(best, epoch, 2))).toEqual([false, false, true, true]);
  expect(patienceIsOver(best, 99, undefined)).toBe(false);
  expect(patienceIsOver(undefined, 99, 1)).toBe(false);
});
