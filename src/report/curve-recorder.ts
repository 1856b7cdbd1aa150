import type { CurvePoint, LearningCurves } from "./learning-curves.js";

/** How many points an epoch contributes to a training curve, as in d2l's `train_ch13`. */
const POINTS_PER_EPOCH = 5;

/** Where training stands within an epoch; means over the epoch so far. */
export interface CurveStep {
  readonly epoch: number;
  readonly stepInEpoch: number;
  readonly stepsPerEpoch: number;
  readonly trainLoss: number;
  readonly trainAccuracy: number;
}

/** Collects the points of the learning curves while training runs. */
export class CurveRecorder {
  readonly #validationLoss: CurvePoint[] = [];
  readonly #validationAccuracy: CurvePoint[] = [];
  readonly #trainLoss: CurvePoint[] = [];
  readonly #trainAccuracy: CurvePoint[] = [];
  readonly #testAccuracy: CurvePoint[] = [];

  /** What was measured on validation pairs, if there are any. */
  validation(epoch: number, loss: number | undefined, accuracy: number | undefined): void {
    if (loss !== undefined) this.#validationLoss.push({ epoch, value: loss });
    if (accuracy !== undefined) this.#validationAccuracy.push({ epoch, value: accuracy });
  }

  step({ epoch, stepInEpoch, stepsPerEpoch, trainLoss, trainAccuracy }: CurveStep): void {
    const every = Math.max(1, Math.floor(stepsPerEpoch / POINTS_PER_EPOCH));
    if (stepInEpoch % every !== 0 && stepInEpoch !== stepsPerEpoch) return;
    const at = epoch - 1 + stepInEpoch / stepsPerEpoch;
    this.#trainLoss.push({ epoch: at, value: trainLoss });
    this.#trainAccuracy.push({ epoch: at, value: trainAccuracy });
  }

  epoch(epoch: number, testAccuracy: number | undefined): void {
    if (testAccuracy !== undefined) this.#testAccuracy.push({ epoch, value: testAccuracy });
  }

  /** Takes over points that were recorded before. */
  restore({ trainLoss, trainAccuracy, testAccuracy }: LearningCurves): void {
    this.#trainLoss.push(...trainLoss);
    this.#trainAccuracy.push(...trainAccuracy);
    this.#testAccuracy.push(...testAccuracy);
  }

  get curves(): LearningCurves {
    return {
      trainLoss: this.#trainLoss,
      trainAccuracy: this.#trainAccuracy,
      testAccuracy: this.#testAccuracy,
      validationLoss: this.#validationLoss,
      validationAccuracy: this.#validationAccuracy,
    };
  }
}
