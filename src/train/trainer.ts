import type { BertClassifier } from "../bert/bert-classifier.js";
import { classifierProgram, classifierTrainingProgram } from "../bert/classifier-network.js";
import { argmaxRows } from "../bert/classifier-run.js";
import { classify } from "../bert/classify.js";
import type { PairDataset } from "../data/pair-dataset.js";
import { TunebertError } from "../error.js";
import { Replicas, type RunOutputs } from "../runtime/replicas.js";
import type { WorkSeconds } from "../runtime/work-seconds.js";
import { type Checkpoint, type CheckpointStore, findTensors } from "./checkpoint.js";
import { type CheckpointInterval, Checkpoints, DEFAULT_INTERVAL } from "./checkpoints.js";
import type { StepEvent, TrainEvent } from "./events.js";
import { expectSame, type Fingerprint, fingerprintOf } from "./fingerprint.js";
import { type TrainerOptions, trainerOptions } from "./options.js";
import { type PreparedBatch, prepareBatch } from "./prepare-batch.js";
import { TrainingState } from "./training-state.js";

/** Adam's constants, PyTorch's defaults. */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** How one call of {@link Trainer.fit} can be ended, kept and resumed. */
export interface FitOptions {
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
  readonly resumeFrom?: Checkpoint | undefined;
  /** What has to be the same when training resumes, besides the datasets, the model's sizes and the options. */
  readonly fingerprint?: Partial<Fingerprint> | undefined;
}

/**
 * Fine-tunes a classifier: one Adam step on the mean cross-entropy of each batch of shuffled examples.
 *
 * @example
 * const trainer = new Trainer(model, { epochs: 3 });
 * for await (const event of trainer.fit(train, test)) console.log(event);
 */
export class Trainer {
  readonly options: TrainerOptions;
  readonly #model: BertClassifier;

  /** @throws TunebertError when an option is outside its range */
  constructor(model: BertClassifier, options: Partial<TrainerOptions> = {}) {
    this.#model = model;
    this.options = trainerOptions(options);
  }

  /**
   * Trains in place, and reports each step, epoch and checkpoint. Leaving the loop early ends the training.
   *
   * With `resumeFrom` it goes on where that checkpoint was taken, and with the same number of threads gives the bits
   * of training that never stopped. There may be more epochs than before; everything else has to be the same.
   * @throws TunebertError when an example does not fit the model, a checkpoint cannot be kept or is of another
   *   training, or a loss is not finite; the parameters are then those before the step that failed
   */
  async *fit(
    train: PairDataset,
    test?: PairDataset,
    {
      signal,
      checkpoints: store,
      checkpointEvery: every = DEFAULT_INTERVAL,
      resumeFrom,
      fingerprint,
    }: FitOptions = {},
  ): AsyncGenerator<TrainEvent, void, undefined> {
    for (const dataset of test ? [train, test] : [train]) expectFit(dataset, this.#model);
    const { config, labels, parameters } = this.#model;
    const { threads, dropout, seed } = this.options;
    const constants = {
      threads,
      fingerprint: fingerprintOf({
        train,
        test,
        model: this.#model,
        options: this.options,
        given: fingerprint,
      }),
    };
    let state = new TrainingState(train.size, seed);
    const kept = resumeFrom && findTensors(resumeFrom.tensors, parameters);
    if (kept) {
      expectSame(resumeFrom.state.fingerprint, constants.fingerprint);
      state = TrainingState.restore(kept.order, resumeFrom.state, train.size);
      for (const [name, { data }] of kept.parameters) parameters.get(name)!.data.set(data);
    }
    const replicas = await Replicas.start({
      inference: classifierProgram(config, labels.length),
      training: classifierTrainingProgram(config, labels.length, dropout),
      parameters,
      threads,
    });
    const checkpoints = new Checkpoints({ store, every, replicas, parameters, constants });
    try {
      if (kept) await replicas.setMoments(kept.moments);
      yield* this.#run({ replicas, state, checkpoints, train, test, signal });
    } catch (error) {
      if (signal?.aborted && error === signal.reason) yield* checkpoints.takeLast(state);
      throw error;
    } finally {
      await checkpoints.settle();
      await replicas.close();
    }
  }

  /** May be aborted where the state is one to go on from: between steps, and while accuracy is measured. */
  async *#run({ replicas, state, checkpoints, train, test, signal }: Fit): AsyncGenerator<TrainEvent> {
    const { batchSize, epochs, threads, learningRate, shuffle } = this.options;
    while (state.epoch <= epochs) {
      signal?.throwIfAborted();
      state.beginEpoch(shuffle);
      const random = state.random();
      const prepare = async (index: number): Promise<PreparedBatch | undefined> => {
        const examples = state.batch(index, batchSize);
        if (examples.length === 0) return undefined;
        return prepareBatch(this.#model, train, examples, { threads, random });
      };
      let started = performance.now();
      replicas.takeSeconds(); // leaves the evaluation out
      let batch = await prepare(state.stepInEpoch);
      while (batch) {
        const running = replicas.accumulate(batch.runs);
        const [outputs, next] = await Promise.all([running, prepare(state.stepInEpoch + 1)]);
        const { loss, correct } = this.#measure(batch, outputs.flat(), state);
        await replicas.update({ ...ADAM, learningRate, step: state.step + 1 });

        const now = performance.now();
        const seconds = (now - started) / 1000;
        started = now;
        state.count({ loss, correct, size: batch.size, seconds, random: batch.random });
        yield this.#stepEvent(state, {
          loss,
          batch,
          seconds,
          work: replicas.takeSeconds(),
          size: train.size,
        });
        yield* checkpoints.afterStep(state);
        signal?.throwIfAborted();
        batch = next;
      }
      const testAccuracy = test && (await this.#accuracy(replicas, test, signal));
      const { epoch, examplesPerSecond } = state;
      state.endEpoch(testAccuracy);
      yield { event: "epoch", epoch, ...state.last!, examplesPerSecond };
      yield* checkpoints.take(state);
    }
    yield* checkpoints.flush();
    yield { event: "done", ...state.last!, examplesPerSecond: state.examplesPerSecond, threads };
  }

  /** The mean loss of a batch, and how many of its examples are answered right. */
  #measure(batch: PreparedBatch, outputs: readonly RunOutputs[], state: TrainingState) {
    const loss = outputs.reduce((sum, output) => sum + output.loss![0]!, 0);
    if (!Number.isFinite(loss)) throw divergence(loss, state.step + 1, state.epoch);
    const correct = outputs.map(({ logits }, i) => this.#countCorrect(logits!, batch.labels[i]!));
    return { loss, correct: correct.reduce((sum, count) => sum + count, 0) };
  }

  /** A fraction. */
  async #accuracy(replicas: Replicas, test: PairDataset, signal: AbortSignal | undefined): Promise<number> {
    const logits = await classify(replicas, test, this.#model, { threads: this.options.threads, signal });
    return this.#countCorrect(logits, test.labels) / test.size;
  }

  #countCorrect(logits: Float32Array, labels: Int32Array): number {
    const answers = argmaxRows(logits, this.#model.labels.length);
    return answers.reduce((equal, answer, i) => equal + Number(answer === labels[i]), 0);
  }

  #stepEvent(state: TrainingState, { loss, batch, seconds, work, size }: Stepped): StepEvent {
    const { step, epoch, stepInEpoch, trainLoss, trainAccuracy, examplesPerSecond } = state;
    const { batchSize, epochs } = this.options;
    return {
      event: "step",
      step,
      epoch,
      stepInEpoch,
      stepsPerEpoch: Math.ceil(size / batchSize),
      loss,
      examples: batch.size,
      seconds,
      trainLoss,
      trainAccuracy,
      examplesPerSecond,
      secondsLeft: (epochs * size - state.examples) / examplesPerSecond,
      work: { ...batch.work, ...work },
    };
  }
}

/** What training works with. */
interface Fit {
  readonly replicas: Replicas;
  readonly state: TrainingState;
  readonly checkpoints: Checkpoints;
  readonly train: PairDataset;
  readonly test: PairDataset | undefined;
  readonly signal: AbortSignal | undefined;
}

interface Stepped {
  readonly loss: number;
  readonly batch: PreparedBatch;
  readonly seconds: number;
  readonly work: WorkSeconds;
  /** examples in an epoch */
  readonly size: number;
}

function expectFit(dataset: PairDataset, model: BertClassifier): void {
  const { vocabularySize, maxPositions } = model.config;
  if (dataset.size === 0) throw new TunebertError("the dataset has no examples");
  for (let i = 0; i < dataset.size; i++) {
    if (dataset.length(i) > maxPositions) {
      throw new TunebertError(
        `example ${i + 1} has ${dataset.length(i)} tokens, but the model has positions for ${maxPositions}; ` +
          `set the maximum length to ${maxPositions} or less`,
      );
    }
    if (!(dataset.labels[i]! >= 0 && dataset.labels[i]! < model.labels.length)) {
      throw new TunebertError(`example ${i + 1} has no label among ${model.labels.join(", ")}`);
    }
  }
  const largest = dataset.tokenIds.reduce((max, id) => Math.max(max, id), 0);
  if (largest >= vocabularySize) {
    throw new TunebertError(
      `token id ${largest} is beyond the token embedding, which has ${vocabularySize} rows; ` +
        "the vocabulary and the weights do not belong together",
    );
  }
}

function divergence(loss: number, step: number, epoch: number): TunebertError {
  return new TunebertError(
    `the loss is ${loss} at step ${step} (epoch ${epoch}): training has diverged. Try a lower learning rate`,
  );
}
