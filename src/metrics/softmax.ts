/** Probabilities of one example's logits (K); they add up to 1. */
export function softmax(logits: Float32Array): number[] {
  const largest = logits.reduce((max, logit) => Math.max(max, logit));
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value) => value / total);
}
