import type { Figures } from "../../tasks/figures.js";
import * as json from "../../text/json-reader.js";
import type { CurvePoint, Curves, LearningCurves } from "./learning-curves.js";

/** How many points an epoch contributes to a training curve, as in d2l's `train_ch13`. */
const POINTS_PER_EPOCH = 5;

/** Where training stands within an epoch. */
export interface CurveStep {
  readonly epoch: number;
  readonly stepInEpoch: number;
  readonly stepsPerEpoch: number;
  /** means over the epoch so far */
  readonly train: Figures;
}

/** What was measured after an epoch; `undefined` where there are no such examples. */
export interface CurveEpoch {
  readonly epoch: number;
  readonly validation: Figures | undefined;
  readonly test: Figures | undefined;
}

/** Collects the points of the learning curves while training runs. */
export class CurveRecorder {
  readonly #train: Record<string, CurvePoint[]> = {};
  readonly #validation: Record<string, CurvePoint[]> = {};
  readonly #test: Record<string, CurvePoint[]> = {};

  step({ epoch, stepInEpoch, stepsPerEpoch, train }: CurveStep): void {
    const every = Math.max(1, Math.floor(stepsPerEpoch / POINTS_PER_EPOCH));
    if (stepInEpoch % every !== 0 && stepInEpoch !== stepsPerEpoch) return;
    append(this.#train, epoch - 1 + stepInEpoch / stepsPerEpoch, train);
  }

  epoch({ epoch, validation = {}, test = {} }: CurveEpoch): void {
    append(this.#validation, epoch, validation);
    append(this.#test, epoch, test);
  }

  /** Takes over points that were recorded before. */
  restore({ train, validation, test }: LearningCurves): void {
    appendAll(this.#train, train);
    appendAll(this.#validation, validation);
    appendAll(this.#test, test);
  }

  /** What was measured in an epoch that is over, and after it. */
  at(epoch: number): CurveEpoch & Pick<CurveStep, "train"> {
    const [train, validation, test] = [this.#train, this.#validation, this.#test].map((curves) =>
      figuresAt(curves, epoch),
    );
    return { epoch, train: train ?? {}, validation, test };
  }

  get curves(): LearningCurves {
    return { train: this.#train, validation: this.#validation, test: this.#test };
  }
}

/** `undefined` where there are no such examples. */
function figuresAt(curves: Curves, epoch: number): Figures | undefined {
  const figures = Object.entries(curves).flatMap(([name, points]) => {
    const point = points.findLast((one) => one.epoch === epoch);
    return point === undefined ? [] : [[name, point.value] as const];
  });
  return figures.length === 0 ? undefined : Object.fromEntries(figures);
}

function append(curves: Record<string, CurvePoint[]>, epoch: number, figures: Figures): void {
  for (const [name, value] of Object.entries(figures)) pointsOf(curves, name).push({ epoch, value });
}

/** However many there are: a call does not take more than some 100,000 arguments. */
function appendAll(curves: Record<string, CurvePoint[]>, more: Curves): void {
  for (const [name, points] of Object.entries(more)) {
    const all = pointsOf(curves, name);
    for (const point of points) all.push(point);
  }
}

function pointsOf(curves: Record<string, CurvePoint[]>, name: string): CurvePoint[] {
  if (!Object.hasOwn(curves, name)) {
    Object.defineProperty(curves, name, { value: [], enumerable: true, writable: true, configurable: true });
  }
  return curves[name]!;
}

const readPoints = json.list(json.object<CurvePoint>({ epoch: json.number, value: json.number }));

const readLearningCurves = json.object<LearningCurves>({
  train: json.record(readPoints),
  validation: json.record(readPoints),
  test: json.record(readPoints),
});

/** As they were kept when five figures had names of their own. */
const readNamedCurves = json.object({
  trainLoss: readPoints,
  trainAccuracy: readPoints,
  testAccuracy: readPoints,
  validationLoss: json.optional(readPoints),
  validationAccuracy: json.optional(readPoints),
});

/** Reads curves from JSON. */
export const readCurves: json.JsonReader<LearningCurves> = (value, place) => {
  const isNamed = typeof value === "object" && value !== null && Object.hasOwn(value, "trainLoss");
  if (!isNamed) return readLearningCurves(value, place);
  const { trainLoss, trainAccuracy, testAccuracy, validationLoss, validationAccuracy } = readNamedCurves(
    value,
    place,
  );
  return {
    train: { loss: trainLoss, accuracy: trainAccuracy },
    validation: { loss: validationLoss ?? [], accuracy: validationAccuracy ?? [] },
    test: { accuracy: testAccuracy },
  };
};
