/** Where the time of replicas goes, in seconds, summed over their threads. */
export interface WorkSeconds {
  /** ONNX Runtime at work on a graph. */
  readonly graph: number;
  /** What it takes to feed and to empty it: dropout masks, rows and copies of parameters, sums of gradients. */
  readonly copies: number;
  /** Adam. */
  readonly optimizer: number;
}

export const NO_SECONDS: WorkSeconds = { graph: 0, copies: 0, optimizer: 0 };

export function addSeconds(a: WorkSeconds, b: WorkSeconds): WorkSeconds {
  return { graph: a.graph + b.graph, copies: a.copies + b.copies, optimizer: a.optimizer + b.optimizer };
}
