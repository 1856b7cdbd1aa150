import { Random } from "../random.js";
import { addFigures, type FigureKind, type Figures, meanFigures } from "../tasks/figures.js";
import { type BestEpoch, betterEpoch, type Comparison, type EpochFigures } from "./model-selection.js";

/** A batch that has been stepped on. */
export interface CountedBatch {
  readonly size: number;
  /** figures summed over its examples */
  readonly sums: Figures;
  readonly seconds: number;
  /** the generator's state once the batch had been prepared */
  readonly random: readonly number[];
}

/** Where training stood when it was kept, the order of the examples aside; JSON. */
export interface SavedTrainingState {
  readonly step: number;
  readonly epoch: number;
  readonly stepInEpoch: number;
  readonly random: readonly number[];
  /** figures summed over the examples of the epoch so far */
  readonly sums: Figures;
  /** how many examples these are */
  readonly seen: number;
  readonly examples: number;
  readonly seconds: number;
  readonly last: EpochFigures | null;
  readonly best: BestEpoch | null;
}

/**
 * Where training stands, between two steps. With the parameters and the optimizer's moments it is all that the
 * steps to come depend on.
 */
export class TrainingState {
  /** steps taken */
  step = 0;
  /** the epoch under way, from 1; one more than there are when all are over */
  epoch = 1;
  /** steps taken in this epoch */
  stepInEpoch = 0;
  /** over the run, evaluation not counted */
  examples = 0;
  seconds = 0;
  /** the latest epoch that is over */
  last: EpochFigures | undefined;
  best: BestEpoch | undefined;
  /** (n) the order in which this epoch visits the examples; of the epoch before until {@link beginEpoch} */
  readonly #order: Int32Array;
  /** Of the generator, from which the next batch is prepared, or the next epoch shuffled. */
  #random: readonly number[];
  #sums: Figures = {};
  #seen = 0;

  /** The state before the first step. */
  constructor(size: number, seed: number) {
    this.#order = Int32Array.from({ length: size }, (_, i) => i);
    this.#random = new Random(seed).state;
  }

  /** Examples in an epoch. */
  get size(): number {
    return this.#order.length;
  }

  /** A generator of its own, which may run ahead of the state. */
  random(): Random {
    return new Random(this.#random);
  }

  /** Begins the epoch, unless it has begun: a new order, where it is shuffled. */
  beginEpoch(shuffle: boolean): void {
    if (this.stepInEpoch > 0) return;
    const random = this.random();
    if (shuffle) random.shuffle(this.#order);
    this.#random = random.state;
    this.#sums = {};
    this.#seen = 0;
  }

  /** The examples of one of the epoch's batches; none after the last. */
  batch(index: number, batchSize: number): Int32Array {
    return this.#order.subarray(index * batchSize, (index + 1) * batchSize);
  }

  /** Moves on by a step. */
  count({ size, sums, seconds, random }: CountedBatch): void {
    this.step += 1;
    this.stepInEpoch += 1;
    this.examples += size;
    this.seconds += seconds;
    this.#random = random;
    this.#sums = addFigures(sums, this.#sums);
    this.#seen += size;
  }

  /** Means over the epoch so far. */
  train(kinds: readonly FigureKind[]): Figures {
    return meanFigures(this.#sums, this.#seen, kinds);
  }

  get examplesPerSecond(): number {
    return this.examples / this.seconds;
  }

  /** Moves on to the next epoch, once the model has been measured. */
  endEpoch(measured: Omit<EpochFigures, "train">, comparison: Comparison): void {
    const { epoch, step } = this;
    const figures = { train: this.train(comparison.kinds), ...measured };
    this.last = figures;
    this.best = betterEpoch(this.best, { epoch, step, figures }, comparison);
    this.epoch += 1;
    this.stepInEpoch = 0;
  }

  /** All of it, to be kept: the order in memory of its own, the rest as JSON. */
  snapshot(): { readonly order: Int32Array; readonly saved: SavedTrainingState } {
    const { step, epoch, stepInEpoch, examples, seconds, last = null, best = null } = this;
    const sums = { sums: this.#sums, seen: this.#seen };
    const saved = { step, epoch, stepInEpoch, random: this.#random, ...sums, examples, seconds, last, best };
    return { order: this.#order.slice(), saved };
  }

  /** The state that was kept; `order` is one of all examples. */
  static restore(order: Int32Array, saved: SavedTrainingState): TrainingState {
    const state = new TrainingState(order.length, 0);
    state.#order.set(order);
    state.#random = saved.random;
    state.#sums = saved.sums;
    state.#seen = saved.seen;
    state.step = saved.step;
    state.epoch = saved.epoch;
    state.stepInEpoch = saved.stepInEpoch;
    state.examples = saved.examples;
    state.seconds = saved.seconds;
    state.last = saved.last ?? undefined;
    state.best = saved.best ?? undefined;
    return state;
  }
}
