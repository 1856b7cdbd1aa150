import type { WorkSeconds } from "../runtime/work-seconds.js";

/** What {@link Trainer.fit} reports as it goes. Losses are means per example, accuracies fractions. */
export type TrainEvent = StepEvent | EpochEvent | CheckpointEvent | DoneEvent;

/** After each optimizer step. */
export interface StepEvent {
  readonly event: "step";
  /** counted from 1 over the whole run */
  readonly step: number;
  readonly epoch: number;
  readonly stepInEpoch: number;
  readonly stepsPerEpoch: number;
  /** of this batch, before the step */
  readonly loss: number;
  /** examples in this batch */
  readonly examples: number;
  /** wall time since the step before, data included */
  readonly seconds: number;
  /** means over the epoch so far */
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  /** over the run so far, evaluation not counted */
  readonly examplesPerSecond: number;
  /** until the last step, evaluation not counted */
  readonly secondsLeft: number;
  readonly work: StepWork;
}

/** What a step consisted of, and where the threads' time went; whatever they do not account for was waiting. */
export interface StepWork extends WorkSeconds {
  /** seconds that it took the main thread to make the batch, while the step before ran */
  readonly data: number;
  /** tokens of the batch */
  readonly tokens: number;
  /** the same with the padding within micro-batches */
  readonly paddedTokens: number;
}

/** After each epoch, and the evaluation that ends it. */
export interface EpochEvent {
  readonly event: "epoch";
  readonly epoch: number;
  /** means over the epoch, with dropout, each batch before its step: as d2l's `train_ch13` reports them */
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  /** `undefined` without a test set */
  readonly testAccuracy: number | undefined;
  readonly examplesPerSecond: number;
}

/** When a checkpoint has been kept; it is written while training goes on, so steps may have come between. */
export interface CheckpointEvent {
  readonly event: "checkpoint";
  /** steps that it covers */
  readonly step: number;
  /** the epoch under way, and its steps that it covers; 0 at the end of the epoch before */
  readonly epoch: number;
  readonly stepInEpoch: number;
  readonly file: string;
  readonly bytes: number;
  /** whether it ends the best epoch so far */
  readonly best: boolean;
  /** until it was kept */
  readonly seconds: number;
  /** of which training stood still */
  readonly stalled: number;
}

/** At the end: the last epoch's figures. */
export interface DoneEvent {
  readonly event: "done";
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly testAccuracy: number | undefined;
  readonly examplesPerSecond: number;
  readonly threads: number;
}
