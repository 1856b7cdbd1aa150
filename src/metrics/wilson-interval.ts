export type Interval = readonly [low: number, high: number];

/** Quantile of the normal distribution for 95 %, two-sided. */
const Z = 1.959963984540054;

/**
 * The 95 % confidence interval of a proportion (Wilson, 1927), which stays within 0 and 1 and holds for few
 * examples too; all of it for none.
 */
export function wilsonInterval(successes: number, trials: number): Interval {
  if (trials === 0) return [0, 1];
  const proportion = successes / trials;
  const shrink = 1 + Z ** 2 / trials;
  const centre = (proportion + Z ** 2 / (2 * trials)) / shrink;
  const half = (Z / shrink) * Math.sqrt((proportion * (1 - proportion)) / trials + (Z / (2 * trials)) ** 2);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
