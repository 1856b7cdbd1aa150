/**
 * Adjusts the p-values of several tests (Holm, 1979), in their order: taking for significant those that stay below
 * a level, one errs anywhere among the tests with no greater probability than that level.
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = [...pValues];
  let least = 0;
  const ascending = [...pValues.entries()].sort(([, a], [, b]) => a - b);
  ascending.forEach(([test, pValue], rank) => {
    least = Math.max(least, Math.min(1, (pValues.length - rank) * pValue));
    adjusted[test] = least;
  });
  return adjusted;
}
