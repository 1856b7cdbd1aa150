import type { Kind } from "../option.js";
import type { CheckpointInterval } from "../train/checkpoints.js";

/** A number of steps, or a time: typed as `500`, `90s`, `10m` or `2h`. */
export const interval: Kind<CheckpointInterval> = {
  expected: "a number of steps, or a time such as 90s, 10m or 2h",
  placeholder: "interval",
  fits: (value): value is CheckpointInterval =>
    Object.values(value ?? {}).some((amount) => typeof amount === "number" && amount > 0),
  parse: (text) => {
    const [, digits, unit = ""] = /^(\d{1,9})([smh]?)$/.exec(text) ?? [];
    if (digits === undefined) return undefined;
    return unit === "" ? { steps: Number(digits) } : { seconds: Number(digits) * SECONDS[unit]! };
  },
};

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
