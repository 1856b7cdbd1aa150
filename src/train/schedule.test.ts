import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { learningRateSchedule, type ScheduleName } from "./schedule.js";

/** What tools/make-training-fixtures.py recorded of Transformers' schedules. */
const recorded: { schedule: ScheduleName; warmup: number; rates: number[] }[] = JSON.parse(
  readFileSync(new URL("../../test/fixtures/training/schedules.json", import.meta.url), "utf8"),
);

const factors = (schedule: ScheduleName, warmup: number, steps: number) => {
  const factor = learningRateSchedule({ schedule, warmup }, steps);
  return Array.from({ length: steps }, (_, i) => factor(i + 1));
};

describe("a schedule", () => {
  test.each(recorded)(
    "$schedule with a warm-up of $warmup is Transformers'",
    ({ schedule, warmup, rates }) => {
      expect(factors(schedule, warmup, rates.length)).toBeCloseToTensor(rates, { absolute: 2e-16 });
    },
  );

  test("that is constant leaves the learning rate to the bit", () => {
    expect(factors("constant", 0, 4)).toEqual([1, 1, 1, 1]);
  });

  test("warms up over a fraction of the steps, rounded up", () => {
    expect(factors("constant", 0.3, 9)).toEqual(factors("constant", 3, 9));
    expect(factors("constant", 0.01, 9)).toEqual(factors("constant", 1, 9));
  });

  test("does not warm up for as long as the run takes", () => {
    expect(() => learningRateSchedule({ schedule: "linear", warmup: 8 }, 8)).toThrow(
      "a warm-up of 8 steps would fill the run, which has 8; choose a shorter one",
    );
  });
});
