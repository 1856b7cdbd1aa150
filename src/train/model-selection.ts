import type { FigureKind, Figures } from "../tasks/figures.js";

/** Figures of an epoch that is over, by what was measured. */
export interface EpochFigures {
  /** means over the epoch, with dropout, each batch before its step: as d2l's `train_ch13` reports them */
  readonly train: Figures;
  /** without dropout, class weights and label smoothing; `undefined` without a validation set */
  readonly validation: Figures | undefined;
  /** likewise; `undefined` without a test set */
  readonly test: Figures | undefined;
}

/** The epoch whose model is the best so far. */
export interface BestEpoch {
  readonly epoch: number;
  /** steps taken at its end */
  readonly step: number;
  /** of the figure by which epochs are compared */
  readonly value: number;
}

/** By which figure the models of epochs are compared. */
export interface Comparison {
  /** What the task measures, the one that counts unless another is named first. */
  readonly kinds: readonly FigureKind[];
  /** The name of one, which counts on a validation set. */
  readonly metric: string | undefined;
}

/**
 * The better of the best epoch so far and one that has just ended; of equals the earlier. Without a validation set
 * the task's first figure decides: on the test set, or in training without one either.
 */
export function betterEpoch(
  best: BestEpoch | undefined,
  { epoch, step, figures }: { readonly epoch: number; readonly step: number; readonly figures: EpochFigures },
  { kinds, metric }: Comparison,
): BestEpoch {
  const { train, validation, test } = figures;
  const measured = validation ?? test ?? train;
  const wanted = (validation && metric) ?? kinds[0]?.name ?? "loss";
  const name = wanted in measured ? wanted : "loss";
  const value = measured[name] ?? Number.NaN;
  const better = kinds.find((kind) => kind.name === name)?.better ?? "lower";
  if (!best) return { epoch, step, value };
  return (better === "lower" ? value < best.value : value > best.value) ? { epoch, step, value } : best;
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
