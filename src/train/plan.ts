import type { LossOptions } from "../bert/classification-head.js";
import type { TextDataset } from "../data/text-dataset.js";
import { classWeightsOf } from "./class-weights.js";
import type { TrainerOptions } from "./options.js";
import { learningRateSchedule } from "./schedule.js";

/** What follows from the options and the training pairs. */
export interface Plan {
  readonly stepsPerEpoch: number;
  readonly loss: LossOptions;
  /** Of a step, counted from 1 over the whole run. */
  readonly learningRate: (step: number) => number;
}

/**
 * @param labels names of the K labels
 * @throws TunebertError when the warm-up would fill the run, or there is a class weight for a label that there is not
 */
export function planTraining(options: TrainerOptions, labels: readonly string[], train: TextDataset): Plan {
  const { batchSize, accumulate, epochs, classWeights, labelSmoothing } = options;
  const stepsPerEpoch = Math.ceil(train.size / (batchSize * accumulate));
  const factor = learningRateSchedule(options, epochs * stepsPerEpoch);
  return {
    stepsPerEpoch,
    loss: { classWeights: classWeightsOf(classWeights, labels, train), labelSmoothing },
    learningRate: (step) => options.learningRate * factor(step),
  };
}
