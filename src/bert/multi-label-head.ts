import type { Value } from "../onnx/graph.js";
import { concat, logSoftmax, mul, neg, reduceSum, reshape, zeros } from "../onnx/operators.js";
import type { Head } from "./head.js";

/**
 * Any of K labels for each example: the loss is a binary cross-entropy of each label's logit.
 * Targets: the factors of each label's log σ(x) and log σ(−x) in the loss, [B, K, 2], as {@link binaryTargets} gives them.
 */
export function multiLabelHead(labels: number): Head<Float32Array> {
  return {
    width: labels,
    loss({ graph }, logits: Value, i) {
      const [examples = 0] = logits.shape;
      const targets = graph.input(`targets.${i}`, "float32", [examples, labels, 2]);
      const positive = reshape(graph, logits, [examples, labels, 1]);
      // The log-softmax of [x, 0] is [log σ(x), log σ(−x)].
      const both = concat(graph, [positive, zeros(graph, positive.shape)], 2); // [B, K, 2]
      const likelihood = mul(graph, targets, logSoftmax(graph, both)); // [B, K, 2]
      return neg(graph, reduceSum(graph, likelihood, [0, 1, 2], false));
    },
    feeds: (targets, i) => ({
      [`targets.${i}`]: { data: targets, dims: [targets.length / (2 * labels), labels, 2] },
    }),
  };
}

/**
 * The factors of the log-likelihoods in the loss, [B, K, 2]: of an example the mean over its labels, as PyTorch's
 * `BCEWithLogitsLoss` has it.
 * @param sets (B) the labels of each example, places among the K
 * @param shares (B) each example's share in the loss of the step
 * @param labels K
 */
export function binaryTargets(
  sets: readonly (readonly number[])[],
  shares: Float32Array,
  labels: number,
): Float32Array {
  const targets = new Float32Array(sets.length * labels * 2);
  sets.forEach((set, b) => {
    const factor = (shares[b] ?? 0) / labels;
    for (let k = 0; k < labels; k++) targets[(b * labels + k) * 2 + (set.includes(k) ? 0 : 1)] = factor;
  });
  return targets;
}
