/**
 * The two-sided p-value of McNemar's exact test: of two models that answered the same examples, and would in
 * general be right equally often, how likely the examples that only one of them gets right split at least this
 * unevenly. Those that both or neither get right tell nothing, and do not count. 1 where the models never differ.
 * (McNemar, 1947; for comparing classifiers: Dietterich, 1998.)
 * @param onlyFirst examples that only the first model gets right
 * @param onlySecond examples that only the second gets right
 */
export function exactMcNemar(onlyFirst: number, onlySecond: number): number {
  const differing = onlyFirst + onlySecond;
  const fewer = Math.min(onlyFirst, onlySecond);
  return Math.min(1, 2 * binomialTail(fewer, differing));
}

/** The probability of at most `most` heads in `tosses` throws of a fair coin. */
function binomialTail(most: number, tosses: number): number {
  let logTerm = -tosses * Math.LN2;
  for (let k = 1; k <= most; k++) logTerm += Math.log((tosses - k + 1) / k);
  // From the largest term downwards, each relative to it.
  let relative = 1;
  let sum = 0;
  for (let k = most; k >= 0 && relative > 0; k--) {
    sum += relative;
    relative *= k / (tosses - k + 1);
  }
  return Math.exp(logTerm) * sum;
}
