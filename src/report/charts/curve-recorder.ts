import * as json from "../../text/json-reader.js";
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

/** What was measured after an epoch; `undefined` where there are no such pairs. */
export interface CurveEpoch {
  readonly epoch: number;
  readonly testAccuracy: number | undefined;
  readonly validationLoss: number | undefined;
  readonly validationAccuracy: number | undefined;
}

/** Collects the points of the learning curves while training runs. */
export class CurveRecorder {
  readonly #trainLoss: CurvePoint[] = [];
  readonly #trainAccuracy: CurvePoint[] = [];
  readonly #testAccuracy: CurvePoint[] = [];
  readonly #validationLoss: CurvePoint[] = [];
  readonly #validationAccuracy: CurvePoint[] = [];

  step({ epoch, stepInEpoch, stepsPerEpoch, trainLoss, trainAccuracy }: CurveStep): void {
    const every = Math.max(1, Math.floor(stepsPerEpoch / POINTS_PER_EPOCH));
    if (stepInEpoch % every !== 0 && stepInEpoch !== stepsPerEpoch) return;
    const at = epoch - 1 + stepInEpoch / stepsPerEpoch;
    this.#trainLoss.push({ epoch: at, value: trainLoss });
    this.#trainAccuracy.push({ epoch: at, value: trainAccuracy });
  }

  epoch({ epoch, testAccuracy, validationLoss, validationAccuracy }: CurveEpoch): void {
    if (testAccuracy !== undefined) this.#testAccuracy.push({ epoch, value: testAccuracy });
    if (validationLoss !== undefined) this.#validationLoss.push({ epoch, value: validationLoss });
    if (validationAccuracy !== undefined) this.#validationAccuracy.push({ epoch, value: validationAccuracy });
  }

  /** Takes over points that were recorded before. */
  restore(curves: LearningCurves): void {
    const { trainLoss, trainAccuracy, testAccuracy, validationLoss = [], validationAccuracy = [] } = curves;
    append(this.#trainLoss, trainLoss);
    append(this.#trainAccuracy, trainAccuracy);
    append(this.#testAccuracy, testAccuracy);
    append(this.#validationLoss, validationLoss);
    append(this.#validationAccuracy, validationAccuracy);
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

const losses = json.list(json.object<CurvePoint>({ epoch: json.number, value: json.number }));
const accuracies = json.list(json.object<CurvePoint>({ epoch: json.number, value: json.fraction }));

/** Reads curves from JSON. */
export const readCurves: json.JsonReader<LearningCurves> = json.object<LearningCurves>({
  trainLoss: losses,
  trainAccuracy: accuracies,
  testAccuracy: accuracies,
  validationLoss: json.optional(losses),
  validationAccuracy: json.optional(accuracies),
});

/** However many there are: a call does not take more than some 100,000 arguments. */
function append(points: CurvePoint[], more: readonly CurvePoint[]): void {
  for (const point of more) points.push(point);
}
