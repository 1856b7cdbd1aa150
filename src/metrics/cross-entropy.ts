/**
 * The mean cross-entropy of logits with the true labels, in double precision.
 * @param logits [n, K]
 * @param labels (n)
 */
export function meanCrossEntropy(logits: Float32Array, labels: Int32Array): number {
  const K = logits.length / labels.length;
  const total = labels.reduce((sum, label, i) => {
    const row = logits.subarray(i * K, (i + 1) * K);
    const largest = row.reduce((max, logit) => Math.max(max, logit), Number.NEGATIVE_INFINITY);
    const exponentials = row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
    return sum + Math.log(exponentials) + largest - row[label]!;
  }, 0);
  return total / labels.length;
}
