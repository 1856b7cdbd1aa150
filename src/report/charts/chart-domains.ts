export type Domain = [low: number, high: number];

const MOST_VALUE_STEPS = 6;
const MOST_EPOCH_STEPS = 10;
/** Of fractions that binary numbers do not hold exactly. */
const TOLERANCE = 1e-9;

/** Whole epochs around the given ones; a single whole epoch stands in the middle. */
export function epochDomain(epochs: readonly number[]): Domain {
  if (epochs.length === 0) return [0, 1];
  const low = Math.floor(least(epochs));
  const high = Math.ceil(greatest(epochs));
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** From 0 to a round number above every loss. */
export function lossDomain(losses: readonly number[]): Domain {
  const high = Math.max(0, greatest(losses));
  if (high === 0) return [0, 1];
  const step = roundStep(high / MOST_VALUE_STEPS);
  return [0, roundedMultiple(Math.ceil(high / step), step)];
}

/** Tenths around the given accuracies or coefficients, at least two of them; within 0 and 1 where these are. */
export function shareDomain(shares: readonly number[]): Domain {
  if (shares.length === 0) return [0, 1];
  const low = Math.min(Math.floor(least(shares) * 10), 8);
  const high = Math.max(Math.ceil(greatest(shares) * 10), low + 2);
  return [low / 10, high / 10];
}

/** Round numbers in a domain of values, its ends included where they are round. */
export function valueTicks([low, high]: Domain): number[] {
  return multiples(roundStep((high - low) / MOST_VALUE_STEPS), low, high);
}

/** Whole numbers in a domain of epochs, ten or so at most. */
export function epochTicks([low, high]: Domain): number[] {
  return multiples(Math.max(1, roundStep((high - low) / MOST_EPOCH_STEPS)), low, high);
}

function multiples(step: number, low: number, high: number): number[] {
  const first = Math.ceil(low / step - TOLERANCE);
  const last = Math.floor(high / step + TOLERANCE);
  return Array.from({ length: last - first + 1 }, (_, index) => roundedMultiple(first + index, step));
}

/** The least of 1, 2 and 5 times a power of ten that is not below the given step. */
function roundStep(step: number): number {
  const exponent = Math.floor(Math.log10(step));
  const factor = [1, 2, 5].find((candidate) => candidate * 10 ** exponent >= step * (1 - TOLERANCE)) ?? 10;
  return roundedMultiple(factor, 10 ** exponent);
}

/** 3 · 0.1 is 0.3 here, without the digits that binary fractions add. */
function roundedMultiple(factor: number, step: number): number {
  return Number((factor * step).toPrecision(12));
}

function least(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
}

function greatest(values: readonly number[]): number {
  return values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
}
