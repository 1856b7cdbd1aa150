/** What makes one epoch's model better than another's. */
export type MetricName = "validation-accuracy" | "validation-loss";

/** All of them. */
export const metricNames: readonly MetricName[] = ["validation-accuracy", "validation-loss"];

/** Figures of an epoch that is over. */
export interface EpochFigures {
  /** means over the epoch, with dropout, each batch before its step: as d2l's `train_ch13` reports them */
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  /** mean cross-entropy, without class weights and label smoothing; `undefined` without a validation set */
  readonly validationLoss: number | undefined;
  readonly validationAccuracy: number | undefined;
  /** `undefined` without a test set */
  readonly testAccuracy: number | undefined;
}

/** The epoch whose model is the best so far. */
export interface BestEpoch {
  readonly epoch: number;
  /** steps taken at its end */
  readonly step: number;
  /** of the figure by which epochs are compared */
  readonly value: number;
}

/**
 * The better of the best epoch so far and one that has just ended; of equals the earlier. Without a validation set
 * the higher accuracy decides: on the test set, or in training without one either.
 */
export function betterEpoch(
  best: BestEpoch | undefined,
  { epoch, step, figures }: { readonly epoch: number; readonly step: number; readonly figures: EpochFigures },
  metric: MetricName,
): BestEpoch {
  const { trainAccuracy, validationLoss, validationAccuracy, testAccuracy } = figures;
  const byLoss = metric === "validation-loss" && validationLoss !== undefined;
  const value = byLoss ? validationLoss : (validationAccuracy ?? testAccuracy ?? trainAccuracy);
  if (!best) return { epoch, step, value };
  return (byLoss ? value < best.value : value > best.value) ? { epoch, step, value } : best;
}

/** Whether training is over: all epochs are done, or patience is. */
export function isOver(
  { epoch, best }: { readonly epoch: number; readonly best: BestEpoch | null | undefined },
  { epochs, patience }: { readonly epochs: number; readonly patience?: number | undefined },
): boolean {
  return epoch > epochs || patienceIsOver(best, epoch - 1, patience);
}

/** Whether `patience` epochs in a row, the last of them `epoch`, have brought no better model. */
export function patienceIsOver(
  best: BestEpoch | null | undefined,
  epoch: number,
  patience: number | undefined,
): boolean {
  return best != null && patience !== undefined && epoch - best.epoch >= patience;
}
