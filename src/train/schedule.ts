import { TunebertError } from "../error.js";

/** What becomes of the learning rate after the warm-up. */
export type ScheduleName = "constant" | "linear" | "cosine";

/** All of them. */
export const scheduleNames: readonly ScheduleName[] = ["constant", "linear", "cosine"];

export interface ScheduleOptions {
  readonly schedule: ScheduleName;
  /** Steps over which the rate rises from 0; below 1, the fraction of all steps, rounded up. */
  readonly warmup: number;
}

/**
 * What the learning rate is multiplied by in each of a run's steps: from 0 up to 1 over the warm-up, then constant,
 * or down to 0 in a straight line or half a cosine wave. As Transformers' `get_linear_schedule_with_warmup` and its
 * siblings define it, so the first step of a warm-up moves nothing, and the step after the last would.
 * @param steps of the whole run
 * @returns the factor of a step, counted from 1
 * @throws TunebertError when the warm-up would fill the run
 */
export function learningRateSchedule(
  { schedule, warmup }: ScheduleOptions,
  steps: number,
): (step: number) => number {
  // No part of a single step is left to warm up.
  const warmupSteps = warmup < 1 ? (steps === 1 ? 0 : Math.ceil(warmup * steps)) : warmup;
  if (warmupSteps > 0 && warmupSteps >= steps) {
    throw new TunebertError(
      `a warm-up of ${warmupSteps} steps would fill the run, which has ${steps}; choose a shorter one`,
      { option: "warmup" },
    );
  }
  const decay = decays[schedule];
  return (step) => {
    const taken = step - 1;
    if (taken < warmupSteps) return taken / warmupSteps;
    return decay((taken - warmupSteps) / (steps - warmupSteps));
  };
}

/** Whether a step's factor depends on how many steps there are. */
export function dependsOnLength({ schedule, warmup }: ScheduleOptions): boolean {
  return schedule !== "constant" || (warmup > 0 && warmup < 1);
}

/** The factor by how much of the run after the warm-up is over, from 0 to 1. */
const decays: Record<ScheduleName, (done: number) => number> = {
  constant: () => 1,
  linear: (done) => 1 - done,
  cosine: (done) => (1 + Math.cos(Math.PI * done)) / 2,
};
