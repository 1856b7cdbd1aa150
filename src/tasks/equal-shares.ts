/**
 * Each example's share in the loss of a step, the mean of the losses of its batches, where the loss of a batch is the mean
 * over its examples.
 * @param examples of the step, batch after batch
 * @param batchSize examples in each batch; the last may have fewer
 */
export function equalShares(examples: Int32Array, batchSize: number): (example: number) => number {
  const batches = Math.ceil(examples.length / batchSize);
  const sizeOf = (i: number) => Math.min(batchSize, examples.length - i + (i % batchSize));
  const shares = new Map(Array.from(examples, (example, i) => [example, 1 / (sizeOf(i) * batches)]));
  return (example) => shares.get(example) ?? 0;
}
