import { describe, expect, test } from "vitest";
import { type BestEpoch, betterEpoch, type EpochFigures, patienceIsOver } from "./model-selection.js";

const KINDS = [
  { name: "accuracy", better: "higher" },
  { name: "loss", better: "lower" },
] as const;

/** The best epoch after each of some epochs. */
function bests(metric: string | undefined, epochs: readonly Partial<EpochFigures>[]): number[] {
  const nothing = { train: {}, validation: undefined, test: undefined };
  let best: BestEpoch | undefined;
  return epochs.map((figures, i) => {
    const ended = { epoch: i + 1, step: 10 * (i + 1), figures: { ...nothing, ...figures } };
    best = betterEpoch(best, ended, { kinds: KINDS, metric });
    expect(best.step).toBe(10 * best.epoch);
    return best.epoch;
  });
}

const both = (x: number) => ({ accuracy: x, loss: x });

describe("the best epoch", () => {
  test.each([undefined, "accuracy"])(
    "by accuracy is the highest, of equals the first, whatever the loss (%s)",
    (metric) => {
      const accuracies = [0.5, 0.4, 0.5, 0.6, 0.6, 0.1];
      const epochs = accuracies.map((x) => ({ validation: both(x), test: both(1 - x) }));
      expect(bests(metric, epochs)).toEqual([1, 1, 1, 4, 4, 4]);
    },
  );

  test("by loss is the lowest, of equals the first, whatever the accuracy", () => {
    const losses = [0.5, 0.6, 0.5, 0.4, 0.4, 0.9];
    const epochs = losses.map((x) => ({ validation: both(x), test: both(x) }));
    expect(bests("loss", epochs)).toEqual([1, 1, 1, 4, 4, 4]);
  });

  test.each(["accuracy", "loss"])(
    "by %s, without a validation set, has the highest accuracy on the test set, else in training",
    (metric) => {
      const test = [0.2, 0.1, 0.3].map((x) => ({ test: both(x), train: both(1 - x) }));
      expect(bests(metric, test)).toEqual([1, 1, 3]);
      expect(bests(metric, [{ train: both(0.2) }, { train: both(0.3) }])).toEqual([1, 2]);
    },
  );

  test("has the lowest loss where nothing else is measured", () => {
    expect(bests(undefined, [{ train: { loss: 0.3 } }, { train: { loss: 0.2 } }])).toEqual([1, 2]);
  });
});

test("patience is over after as many epochs in a row without a better model", () => {
  const best = { epoch: 3, step: 9, value: 0.5 };
  expect([3, 4, 5, 6].map((epoch) => patienceIsOver(best, epoch, 2))).toEqual([false, false, true, true]);
  expect(patienceIsOver(best, 99, undefined)).toBe(false);
  expect(patienceIsOver(undefined, 99, 1)).toBe(false);
});
