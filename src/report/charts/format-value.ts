/** Numbers from here on are written with an exponent. */
export const LONG = 10_000;

/** At most seven characters. */
export function formatValue(value: number): string {
  if (Math.abs(value) < 100) return value.toFixed(3);
  return Math.abs(value) < LONG ? value.toPrecision(4) : value.toExponential(1);
}
