import type { Network } from "../nn/network.js";
import type { Value } from "../onnx/graph.js";
import type { Feed } from "../runtime/program.js";

/**
 * What an output layer is for: how many numbers it gives for each example, and by which loss it is trained.
 * @typeParam Targets of a micro-batch: what its numbers are to be
 */
export interface Head<Targets> {
  /** K, the numbers for each example. */
  readonly width: number;
  /**
   * The loss of micro-batch i, a scalar, from the output layer's numbers [B, K]. Declares the inputs that
   * {@link feeds} feeds. The losses of all micro-batches of a step are added up.
   */
  loss(network: Network, outputs: Value, i: number): Value;
  /** What the loss of micro-batch i compares with. */
  feeds(targets: Targets, i: number): Record<string, Feed>;
}
