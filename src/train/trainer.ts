import { TunebertError } from "../error.js";
import type { Device, Engine, RunShape } from "../runtime/engine.js";
import { clipFactor } from "../runtime/optimizer/clip.js";
import type { Moments } from "../runtime/optimizer/moments.js";
import type { Figures } from "../tasks/figures.js";
import type { Batch, Task } from "../tasks/task.js";
import type { CheckpointStore, ReadCheckpoint } from "./checkpoint.js";
import { type CheckpointInterval, Checkpoints } from "./checkpoints.js";
import { divergence, expectFinite } from "./divergence.js";
import type { StepEvent, TrainEvent } from "./events.js";
import { type Fingerprint, fingerprintOf } from "./fingerprint.js";
import { isOver } from "./model-selection.js";
import { type TrainerOptions, trainerOptions } from "./options.js";
import { resume } from "./resume.js";
import { learningRateSchedule } from "./schedule.js";
import { TrainingState } from "./training-state.js";

/** Adam's constants, PyTorch's defaults. */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** How one call of {@link Trainer.fit} is measured, can be ended, kept and resumed. */
export interface FitOptions<Examples> {
  /** Examples on which the model is measured after each epoch, to choose the best one and to stop early. */
  readonly validation?: Examples | undefined;
  /** Examples on which it is measured after each epoch, and which choose nothing. */
  readonly test?: Examples | undefined;
  /**
   * Ends training after the step under way and a checkpoint, where those are kept; {@link Trainer.fit} then throws
   * the signal's reason.
   */
  readonly signal?: AbortSignal | undefined;
  /** Where checkpoints are kept; default: nowhere, and none is taken. */
  readonly checkpoints?: CheckpointStore | undefined;
  /** How often one is taken, besides at the end of each epoch; default: every 10 minutes. */
  readonly checkpointEvery?: CheckpointInterval | undefined;
  /** Where to go on; default: at the beginning. */
  readonly resumeFrom?: ReadCheckpoint | undefined;
  /** Is given what the model put out for each set that is measured, such as logits [n, K], before the event of the epoch. */
  readonly onAnswers?: ((set: HeldOutSet, answers: Float32Array) => void) | undefined;
  /** Is told how far measuring has come, for which training waits. */
  readonly onMeasuring?: ((progress: MeasuringProgress) => void) | undefined;
  /** What has to be the same when training resumes, besides the examples, the model's sizes and the options. */
  readonly fingerprint?: Partial<Fingerprint> | undefined;
}

/** What a model is measured on after an epoch. */
export type HeldOutSet = "validation" | "test";

/** How far measuring has come after an epoch. */
export interface MeasuringProgress {
  /** counted from 1 */
  readonly epoch: number;
  readonly set: HeldOutSet;
  /** examples that are measured */
  readonly done: number;
  /** examples of the set */
  readonly all: number;
}

/**
 * Trains: unless options say otherwise, one Adam step on the loss of each batch of shuffled examples.
 *
 * @example
 * const { model, tokenizer } = await loadModel("nli");
 * const read = (fileName: string) =>
 *   TextDataset.encode(readExamples(streamBytes(fileName), { fileName }), tokenizer, { labels: model.labels });
 * const [train, test] = [await read("train.csv"), await read("test.csv")];
 * const trainer = new Trainer(classification(model, train), threads(), { epochs: 1 });
 * for await (const event of trainer.fit({ test })) console.log(event);
 */
export class Trainer<Examples> {
  readonly options: TrainerOptions;
  readonly #task: Task<Examples>;
  readonly #device: Device;

  /**
   * @param task what is learnt, and from what
   * @param device where
   * @throws TunebertError when an option is outside its range, or does not fit the task
   */
  constructor(task: Task<Examples>, device: Device, options: Partial<TrainerOptions> = {}) {
    this.#task = task;
    this.#device = device;
    this.options = trainerOptions(options);
    const { metric } = this.options;
    if (metric === undefined || task.figures.some(({ name }) => name === metric)) return;
    const names = task.figures.map(({ name }) => name).join(", ");
    throw new TunebertError((named) => `${named} is ${metric}; the task measures ${names}`, {
      option: "metric",
    });
  }

  /**
   * Trains in place, and reports each step, epoch and checkpoint. Leaving the loop early ends the training, and one
   * that nobody goes on with does not keep the process alive. An epoch whose event says `best` has the best model so
   * far: save it then, for the model ends with the last epoch's.
   *
   * With `resumeFrom` it goes on where that checkpoint was taken, and with the same number of lanes gives the bits
   * of training that never stopped. There may be more epochs than before, unless the schedule depends on
   * their number, and more or less patience; everything else has to be the same.
   * @throws TunebertError when an example does not fit the model, a checkpoint cannot be kept or is of another
   *   training, or a loss or an answer is not finite; the parameters are then those before the step that failed, or
   *   those that gave the answer
   */
  fit(fit: FitOptions<Examples> = {}): AsyncGenerator<TrainEvent, void, undefined> {
    const task = this.#task;
    const { validation, test, checkpoints: store, checkpointEvery: every, resumeFrom } = fit;
    const { seed, patience, batchSize, accumulate } = this.options;
    for (const examples of [task.train, validation, test]) if (examples) task.expectFit(examples);
    if (patience !== undefined && !validation) {
      throw new TunebertError(
        (named) => `${named} is for a validation set, on which the model is measured; give one`,
        { option: "patience" },
      );
    }
    const learningRate = learningRateSchedule(this.options, this.options.epochs * this.#stepsPerEpoch);
    const { parameters, size } = task;
    const fingerprint = fingerprintOf(task, this.options, fit);
    const lengths = { size, stepSize: batchSize * accumulate };
    const resumed = resumeFrom && resume(resumeFrom, { parameters, fingerprint, ...lengths });
    const state = resumed?.state ?? new TrainingState(size, seed);
    const threads = this.#device.shape.lanes;
    const keeper = new Checkpoints({ store, every, parameters, constants: { threads, fingerprint } });
    const start = { step: state.step, threads: resumed?.threads ?? threads };
    return this.#run({ ...fit, learningRate, state, start, keeper }, resumed?.moments);
  }

  get #stepsPerEpoch(): number {
    return Math.ceil(this.#task.size / (this.options.batchSize * this.options.accumulate));
  }

  async *#run(fit: Fit<Examples>, moments: Moments | undefined): AsyncGenerator<TrainEvent> {
    const { parameters } = this.#task;
    const { state, keeper, signal } = fit;
    const task = isOver(state, this.options)
      ? this.#task
      : ((await this.#task.prepare?.(this.#device, signal)) ?? this.#task);
    const programs = task.programs(this.#device.shape, this.options);
    const engine = await this.#device.open(programs, parameters);
    try {
      if (moments) await engine.setMoments(moments);
      yield* this.#epochs({ ...fit, task }, engine);
    } catch (error) {
      if (signal?.aborted && error === signal.reason) yield* keeper.takeLast(state, engine);
      throw error;
    } finally {
      await keeper.settle();
      await engine.close();
    }
  }

  /** May be aborted where the state is one to go on from: between steps, and while the model is measured. */
  async *#epochs(fit: PreparedFit<Examples>, engine: Engine): AsyncGenerator<TrainEvent> {
    const { state, start, keeper, signal } = fit;
    const { parameters, figures: kinds } = this.#task;
    const { shuffle, metric } = this.options;
    while (!isOver(state, this.options)) {
      signal?.throwIfAborted();
      state.beginEpoch(shuffle);
      const batches = this.#batches(state, fit.task);
      let started = performance.now();
      engine.takeSeconds(); // leaves the evaluation out
      let batch = await batches.next();
      while (batch) {
        const running = engine.accumulate(batch.runs);
        const [outputs, next] = await Promise.all([running, batches.next()]);
        const { loss, sums } = batch.measure(outputs);
        if (!Number.isFinite(loss)) throw divergence("loss", loss, state.epoch, state.step + 1);
        const update = await this.#update(engine, fit);

        const now = performance.now();
        const seconds = (now - started) / 1000;
        started = now;
        state.count({ sums, size: batch.size, seconds, random: batch.random });
        yield this.#stepEvent(state, batch, { loss, ...update, seconds }, engine);
        if (next) yield* keeper.afterStep(state, engine); // else the epoch's own is near
        signal?.throwIfAborted();
        batch = next;
      }
      await engine.pull();
      expectFinite(parameters, state.step);
      const validation = await this.#evaluate("validation", fit, engine);
      const test = await this.#evaluate("test", fit, engine);
      const { epoch, examplesPerSecond } = state;
      state.endEpoch({ validation, test }, { kinds, metric });
      yield { event: "epoch", epoch, ...state.last!, best: state.best!.epoch === epoch, examplesPerSecond };
      yield* keeper.take(state, engine);
    }
    yield* keeper.flush();
    const { step, epoch, best, last, examplesPerSecond } = state;
    const threads = step === start.step ? start.threads : this.#device.shape.lanes;
    const figures = { ...last!, examplesPerSecond, threads };
    yield { event: "done", step, epoch: epoch - 1, bestEpoch: best!.epoch, ...figures };
  }

  /** The rest of the epoch's batches, each cut while the one before is stepped on. */
  #batches(state: TrainingState, task: Task<Examples>): { next(): Promise<Batch | undefined> } {
    const { shape } = this.#device;
    const { batchSize, accumulate } = this.options;
    const random = state.random();
    let index = state.stepInEpoch;
    return {
      next: async () => {
        const examples = state.batch(index++, batchSize * accumulate);
        if (examples.length === 0) return undefined;
        return task.batch(examples, { batchSize, accumulate, shape, random });
      },
    };
  }

  /** Takes the optimizer's step with the gradients that the engine has. */
  async #update(engine: Engine, { state, learningRate: factor }: Fit<Examples>) {
    const { clipNorm, weightDecay } = this.options;
    const step = state.step + 1;
    const learningRate = this.options.learningRate * factor(step);
    const gradientNorm = clipNorm === undefined ? undefined : await engine.gradientNorm();
    if (!Number.isFinite(gradientNorm ?? 0))
      throw divergence("norm of the gradients", gradientNorm!, state.epoch, step);
    const gradientScale = gradientNorm === undefined ? 1 : clipFactor(gradientNorm, clipNorm!);
    await engine.update({ ...ADAM, learningRate, weightDecay, gradientScale, step });
    return { learningRate, gradientNorm };
  }

  async #evaluate(set: HeldOutSet, fit: Fit<Examples>, engine: Engine): Promise<Figures | undefined> {
    const examples = fit[set];
    if (!examples) return undefined;
    const { onAnswers, onMeasuring, signal } = fit;
    const { epoch, step } = fit.state;
    const { shape }: { shape: RunShape } = this.#device;
    return this.#task.evaluate(engine, examples, {
      ...{ shape, signal },
      notFinite: (example, value) => divergence(`answer to ${set} example ${example}`, value, epoch, step),
      onAnswers: onAnswers && ((answers) => onAnswers(set, answers)),
      onProgress: onMeasuring && ((done, all) => onMeasuring({ epoch, set, done, all })),
    });
  }

  #stepEvent(state: TrainingState, batch: Batch, stepped: Stepped, engine: Engine): StepEvent {
    const { step, epoch, stepInEpoch, examplesPerSecond } = state;
    const train = state.train(this.#task.figures);
    const examplesLeft = this.options.epochs * this.#task.size - state.examples;
    return {
      event: "step",
      ...{ step, epoch, stepInEpoch, stepsPerEpoch: this.#stepsPerEpoch },
      ...stepped,
      ...{ examples: batch.size, train, examplesPerSecond },
      secondsLeft: examplesLeft / examplesPerSecond,
      work: { ...batch.work, ...engine.takeSeconds() },
    };
  }
}

/** What a call of {@link Trainer.fit} works with. */
interface Fit<Examples> extends FitOptions<Examples> {
  /** What the learning rate is multiplied by in a step, counted from 1 over the whole run. */
  readonly learningRate: (step: number) => number;
  readonly state: TrainingState;
  /** Where this call begins, and the threads of the steps before. */
  readonly start: { readonly step: number; readonly threads: number };
  readonly keeper: Checkpoints;
}

/** The same with the task as it is once it is prepared. */
interface PreparedFit<Examples> extends Fit<Examples> {
  readonly task: Task<Examples>;
}

interface Stepped {
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number | undefined;
  readonly seconds: number;
}
