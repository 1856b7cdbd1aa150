import type { WorkSeconds } from "../runtime/work-seconds.js";
import type { Figures } from "../tasks/figures.js";
import type { BatchWork } from "../tasks/task.js";
import type { EpochFigures } from "./model-selection.js";

/** What {@link Trainer.fit} reports as it goes. Figures are means per example, accuracies fractions. */
export type TrainEvent = StepEvent | EpochEvent | CheckpointEvent | DoneEvent;

/** After each optimizer step. */
export interface StepEvent {
  readonly event: "step";
  /** counted from 1 over the whole run */
  readonly step: number;
  readonly epoch: number;
  readonly stepInEpoch: number;
  readonly stepsPerEpoch: number;
  /** of this step's batches, before the step; with class weights and label smoothing */
  readonly loss: number;
  readonly learningRate: number;
  /** of all gradients together, before they were clipped; `undefined` where they are not */
  readonly gradientNorm: number | undefined;
  /** examples in this step's batches */
  readonly examples: number;
  /** wall time since the step before, data included */
  readonly seconds: number;
  /** means over the epoch so far */
  readonly train: Figures;
  /** over the run so far, evaluation not counted */
  readonly examplesPerSecond: number;
  /** until the last step, evaluation not counted */
  readonly secondsLeft: number;
  readonly work: StepWork;
}

/** What a step consisted of, and where the lanes' time went; whatever they do not account for was waiting. */
export interface StepWork extends BatchWork, WorkSeconds {}

/** After each epoch, and the evaluation that ends it. */
export interface EpochEvent extends EpochFigures {
  readonly event: "epoch";
  readonly epoch: number;
  /** whether its model is the best so far: on the validation set, else the test set, else in training */
  readonly best: boolean;
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
export interface DoneEvent extends EpochFigures {
  readonly event: "done";
  /** steps taken */
  readonly step: number;
  /** the last epoch; less than were asked for if training stopped early */
  readonly epoch: number;
  readonly bestEpoch: number;
  readonly examplesPerSecond: number;
  /** of the latest steps */
  readonly threads: number;
}
