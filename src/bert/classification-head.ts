import type { Value } from "../onnx/graph.js";
import { logSoftmax, mul, neg, reduceSum } from "../onnx/operators.js";
import type { Head } from "./head.js";

/**
 * One label of K for each example: the loss is a cross-entropy.
 * Targets: the factor of each log-likelihood in the loss, [B, K], as {@link lossTargets} gives them.
 */
export function classificationHead(labels: number): Head<Float32Array> {
  return {
    width: labels,
    loss({ graph }, logits: Value, i) {
      const targets = graph.input(`targets.${i}`, "float32", logits.shape);
      const likelihood = mul(graph, targets, logSoftmax(graph, logits)); // [B, K]
      return neg(graph, reduceSum(graph, likelihood, [0, 1], false));
    },
    feeds: (targets, i) => ({
      [`targets.${i}`]: { data: targets, dims: [targets.length / labels, labels] },
    }),
  };
}

/** How the cross-entropies of a batch's examples make up its loss, as PyTorch's `CrossEntropyLoss` has it. */
export interface LossOptions {
  /** (K) what an example of each label counts. */
  readonly classWeights: readonly number[];
  /** ε: the part of every target that is spread evenly over all labels. */
  readonly labelSmoothing: number;
}

/**
 * Each example's share in the loss of a step, the mean of the losses of its batches; the loss of a batch is the mean
 * over its examples, weighted by their classes; one without a class counts as one of weight 1.
 * @param labels of all examples of the step, batch after batch; -1 for none
 * @param batchSize examples in each batch; the last may have fewer
 */
export function lossShares(
  labels: Int32Array,
  batchSize: number,
  { classWeights }: Pick<LossOptions, "classWeights">,
): Float64Array {
  const shares = new Float64Array(labels.length);
  const batches = Math.ceil(labels.length / batchSize);
  for (let start = 0; start < labels.length; start += batchSize) {
    const batch = labels.subarray(start, start + batchSize);
    const weight = batch.reduce((sum, label) => sum + (classWeights[label] ?? 1), 0);
    shares.fill(1 / (weight * batches), start, start + batch.length);
  }
  return shares;
}

/**
 * The factor of each log-likelihood in the loss: [B, K]; 0 where there is no label.
 * @param labels (B), -1 for none
 * @param shares (B) as {@link lossShares} gives them
 */
export function lossTargets(
  labels: Int32Array,
  shares: Float64Array,
  { classWeights, labelSmoothing }: LossOptions,
): Float32Array {
  const K = classWeights.length;
  const targets = new Float32Array(labels.length * K);
  labels.forEach((label, b) => {
    if (label < 0) return;
    classWeights.forEach((weight, k) => {
      const target = Number(k === label) * (1 - labelSmoothing) + labelSmoothing / K;
      targets[b * K + k] = target * weight * shares[b]!;
    });
  });
  return targets;
}
