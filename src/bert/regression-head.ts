import type { Value } from "../onnx/graph.js";
import { mul, reduceSum, sub } from "../onnx/operators.js";
import type { Head } from "./head.js";

/** What the numbers of a micro-batch's examples are to be. */
export interface RegressionTargets {
  /** (B) */
  readonly numbers: Float32Array;
  /** (B) each example's share in the loss of the step */
  readonly shares: Float32Array;
}

/** A number for each example: the loss is a mean squared error. */
export function regressionHead(): Head<RegressionTargets> {
  return {
    width: 1,
    loss({ graph }, outputs: Value, i) {
      const numbers = graph.input(`targets.${i}`, "float32", outputs.shape);
      const shares = graph.input(`shares.${i}`, "float32", outputs.shape);
      const error = sub(graph, outputs, numbers); // [B, 1]
      return reduceSum(graph, mul(graph, shares, mul(graph, error, error)), [0, 1], false);
    },
    feeds: ({ numbers, shares }, i) => ({
      [`targets.${i}`]: { data: numbers, dims: [numbers.length, 1] },
      [`shares.${i}`]: { data: shares, dims: [shares.length, 1] },
    }),
  };
}
