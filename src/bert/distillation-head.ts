import type { Value } from "../onnx/graph.js";
import { add, logSoftmax, mul, reduceSum, sub } from "../onnx/operators.js";
import { classificationHead } from "./classification-head.js";
import type { Head } from "./head.js";

/** What a student's answers of a micro-batch are compared with. */
export interface DistillationTargets {
  /** The factor of each log-likelihood in the cross-entropy with the labels, [B, K]. */
  readonly labels: Float32Array;
  /** The logarithms of the teacher's probabilities at the temperature, [B, K]. */
  readonly teacher: Float32Array;
  /** The factor of each term of the divergence from them, [B, K]: the probability, and what the example counts. */
  readonly teacherWeights: Float32Array;
}

/**
 * Learning from a teacher's probabilities, and from labels where there are any (Hinton, Vinyals and Dean, 2015). The loss adds
 * to the cross-entropy the Kullback-Leibler divergence Σ p (log p - log q) of the student's probabilities q from the teacher's
 * p, both at a temperature: those of the logits divided by it.
 */
export function distillationHead(labels: number, temperature: number): Head<DistillationTargets> {
  const byLabels = classificationHead(labels);
  return {
    width: labels,
    loss(network, logits: Value, i) {
      const { graph } = network;
      const teacher = graph.input(`teacher.${i}`, "float32", logits.shape);
      const weights = graph.input(`teacher_weights.${i}`, "float32", logits.shape);
      const student = logSoftmax(graph, mul(graph, logits, graph.scalar(1 / temperature))); // [B, K]
      const divergence = reduceSum(graph, mul(graph, weights, sub(graph, teacher, student)), [0, 1], false);
      return add(graph, byLabels.loss(network, logits, i), divergence);
    },
    feeds({ labels: targets, teacher, teacherWeights }, i) {
      const dims = [teacher.length / labels, labels];
      return {
        ...byLabels.feeds(targets, i),
        [`teacher.${i}`]: { data: teacher, dims },
        [`teacher_weights.${i}`]: { data: teacherWeights, dims },
      };
    },
  };
}
