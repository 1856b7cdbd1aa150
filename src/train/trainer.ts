import type { BertClassifier } from "../bert/bert-classifier.js";
import { classify, classifyPrograms } from "../bert/classify.js";
import { frozenParameters } from "../bert/freeze.js";
import { LOGITS, LOSS } from "../bert/model-program.js";
import type { PairDataset } from "../data/pair-dataset.js";
import { TunebertError } from "../error.js";
import { argmaxRows } from "../metrics/argmax-rows.js";
import { meanCrossEntropy } from "../metrics/cross-entropy.js";
import type { RunOutputs } from "../runtime/engine.js";
import { clipFactor } from "../runtime/optimizer/clip.js";
import type { Moments } from "../runtime/optimizer/moments.js";
import { Replicas } from "../runtime/threads/replicas.js";
import type { WorkSeconds } from "../runtime/work-seconds.js";
import type { CheckpointStore, ReadCheckpoint } from "./checkpoint.js";
import { type CheckpointInterval, Checkpoints } from "./checkpoints.js";
import { divergence, expectFinite } from "./divergence.js";
import type { StepEvent, TrainEvent } from "./events.js";
import { expectFit } from "./expect-fit.js";
import { type Fingerprint, fingerprintOf } from "./fingerprint.js";
import { isOver } from "./model-selection.js";
import { type TrainerOptions, trainerOptions } from "./options.js";
import { type Plan, planTraining } from "./plan.js";
import { type PreparedBatch, prepareBatch, trainingPrograms } from "./prepare-batch.js";
import { resume } from "./resume.js";
import { TrainingState } from "./training-state.js";

/** Adam's constants, PyTorch's defaults. */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** How one call of {@link Trainer.fit} can be ended, kept and resumed. */
export interface FitOptions {
  /** Pairs on which the model is measured after each epoch, to choose the best one and to stop early. */
  readonly validation?: PairDataset | undefined;
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
  /** Is given the logits [n, K] of each set that is measured, in its order, before the event of the epoch. */
  readonly onAnswers?: ((set: "validation" | "test", logits: Float32Array) => void) | undefined;
  /** What has to be the same when training resumes, besides the datasets, the model's sizes and the options. */
  readonly fingerprint?: Partial<Fingerprint> | undefined;
}

/**
 * Fine-tunes a classifier: unless options say otherwise, one Adam step on the mean cross-entropy of each batch of
 * shuffled examples.
 *
 * @example
 * const trainer = new Trainer(model, { epochs: 3 });
 * for await (const event of trainer.fit(train, test)) console.log(event);
 */
export class Trainer {
  readonly options: TrainerOptions;
  readonly #model: BertClassifier;
  readonly #frozen: ReadonlySet<string>;

  /** @throws TunebertError when an option is outside its range, or does not fit the model */
  constructor(model: BertClassifier, options: Partial<TrainerOptions> = {}) {
    this.#model = model;
    this.options = trainerOptions(options);
    this.#frozen = frozenParameters(model.config, this.options.freeze);
  }

  /**
   * Trains in place, and reports each step, epoch and checkpoint. Leaving the loop early ends the training, and one
   * that nobody goes on with does not keep the process alive. An epoch whose event says `best` has the best model so
   * far: save it then, for the model ends with the last epoch's.
   *
   * With `resumeFrom` it goes on where that checkpoint was taken, and with the same number of threads gives the bits
   * of training that never stopped. There may be more epochs than before, unless the schedule depends on
   * their number, and more or less patience; everything else has to be the same.
   * @throws TunebertError when an example does not fit the model, a checkpoint cannot be kept or is of another
   *   training, or a loss or an answer is not finite; the parameters are then those before the step that failed, or
   *   those that gave the answer
   */
  fit(
    train: PairDataset,
    test?: PairDataset,
    options: FitOptions = {},
  ): AsyncGenerator<TrainEvent, void, undefined> {
    const { validation, signal, checkpoints, checkpointEvery, resumeFrom, fingerprint: given } = options;
    for (const dataset of [train, validation, test]) if (dataset) expectFit(dataset, this.#model);
    const { seed, threads, patience, batchSize, accumulate } = this.options;
    if (patience !== undefined && !validation) {
      throw new TunebertError(
        (named) => `${named} is for a validation set, on which the model is measured; give one`,
        { option: "patience" },
      );
    }
    const model = this.#model;
    const plan = planTraining(this.options, model.labels, train);
    const { parameters } = model;
    const fingerprint = fingerprintOf({ train, validation, test, model, options: this.options, given });
    const lengths = { size: train.size, stepSize: batchSize * accumulate };
    const resumed = resumeFrom && resume(resumeFrom, { parameters, fingerprint, ...lengths });
    const state = resumed?.state ?? new TrainingState(train.size, seed);
    const keeper = new Checkpoints({
      store: checkpoints,
      every: checkpointEvery,
      parameters,
      constants: { threads, fingerprint },
    });
    const start = { step: state.step, threads: resumed?.threads ?? threads };
    const { onAnswers } = options;
    const fit = { train, validation, test, signal, onAnswers, plan, state, start, checkpoints: keeper };
    return this.#start(fit, resumed?.moments);
  }

  async *#start(fit: Fit, moments: Moments | undefined): AsyncGenerator<TrainEvent, void, undefined> {
    const { parameters } = this.#model;
    const { threads } = this.options;
    const replicas = await Replicas.start({
      inference: classifyPrograms(this.#model),
      training: trainingPrograms(this.#model, fit.train, { ...this.options, frozen: this.#frozen }),
      parameters,
      threads,
    });
    const { state, checkpoints, signal } = fit;
    try {
      if (moments) await replicas.setMoments(moments);
      yield* this.#run(fit, replicas);
    } catch (error) {
      if (signal?.aborted && error === signal.reason) yield* checkpoints.takeLast(state, replicas);
      throw error;
    } finally {
      await checkpoints.settle();
      await replicas.close();
    }
  }

  /** May be aborted where the state is one to go on from: between steps, and while the model is measured. */
  async *#run(fit: Fit, replicas: Replicas): AsyncGenerator<TrainEvent> {
    const { state, start, checkpoints, plan, train, signal } = fit;
    const { batchSize, accumulate, shuffle, metric } = this.options;
    while (!isOver(state, this.options)) {
      signal?.throwIfAborted();
      state.beginEpoch(shuffle);
      const random = state.random();
      const prepare = async (index: number): Promise<PreparedBatch | undefined> => {
        const examples = state.batch(index, batchSize * accumulate);
        if (examples.length === 0) return undefined;
        return prepareBatch(this.#model, train, examples, {
          ...this.options,
          loss: plan.loss,
          random,
        });
      };
      let started = performance.now();
      replicas.takeSeconds(); // leaves the evaluation out
      let batch = await prepare(state.stepInEpoch);
      while (batch) {
        const running = replicas.accumulate(batch.runs);
        const [outputs, next] = await Promise.all([running, prepare(state.stepInEpoch + 1)]);
        const { loss, correct } = this.#measure(batch, outputs.flat(), state);
        const update = await this.#update(replicas, state, plan);

        const now = performance.now();
        const seconds = (now - started) / 1000;
        started = now;
        state.count({ loss, correct, size: batch.size, seconds, random: batch.random });
        const work = replicas.takeSeconds();
        const { stepsPerEpoch } = plan;
        yield this.#stepEvent(state, { loss, ...update, stepsPerEpoch, batch, seconds, work });
        if (next) yield* checkpoints.afterStep(state, replicas); // else the epoch's own is near
        signal?.throwIfAborted();
        batch = next;
      }
      expectFinite(this.#model.parameters, state.step);
      const validation = await this.#evaluate("validation", fit, replicas);
      const test = await this.#evaluate("test", fit, replicas);
      const { epoch, examplesPerSecond } = state;
      const measured = {
        validationLoss: validation?.loss,
        validationAccuracy: validation?.accuracy,
        testAccuracy: test?.accuracy,
      };
      state.endEpoch(measured, metric);
      yield { event: "epoch", epoch, ...state.last!, best: state.best!.epoch === epoch, examplesPerSecond };
      yield* checkpoints.take(state, replicas);
    }
    yield* checkpoints.flush();
    const { step, epoch, best, last, examplesPerSecond } = state;
    yield {
      event: "done",
      step,
      epoch: epoch - 1,
      bestEpoch: best!.epoch,
      ...last!,
      examplesPerSecond,
      threads: step === start.step ? start.threads : this.options.threads,
    };
  }

  /** Takes the optimizer's step with the gradients that the replicas have. */
  async #update(replicas: Replicas, state: TrainingState, plan: Plan) {
    const { clipNorm, weightDecay } = this.options;
    const step = state.step + 1;
    const learningRate = plan.learningRate(step);
    const gradientNorm = clipNorm === undefined ? undefined : await replicas.gradientNorm();
    if (!Number.isFinite(gradientNorm ?? 0))
      throw divergence("norm of the gradients", gradientNorm!, state.epoch, step);
    const gradientScale = gradientNorm === undefined ? 1 : clipFactor(gradientNorm, clipNorm!);
    await replicas.update({ ...ADAM, learningRate, weightDecay, gradientScale, step });
    return { learningRate, gradientNorm };
  }

  /** The mean loss of a batch, and how many of its examples are answered right. */
  #measure(batch: PreparedBatch, outputs: readonly RunOutputs[], state: TrainingState) {
    const loss = outputs.reduce((sum, output) => sum + output[LOSS]![0]!, 0);
    if (!Number.isFinite(loss)) throw divergence("loss", loss, state.epoch, state.step + 1);
    const correct = outputs.map((output, i) => this.#countCorrect(output[LOGITS]!, batch.labels[i]!));
    return { loss, correct: correct.reduce((sum, count) => sum + count, 0) };
  }

  async #evaluate(
    set: "validation" | "test",
    { state, signal, onAnswers, ...sets }: Fit,
    replicas: Replicas,
  ) {
    const dataset = sets[set];
    if (!dataset) return undefined;
    const logits = await classify(replicas, dataset, this.#model, {
      threads: this.options.threads,
      signal,
      notFinite: (example, logit) =>
        divergence(`answer to ${set} pair ${example}`, logit, state.epoch, state.step),
    });
    onAnswers?.(set, logits);
    const { labels, size } = dataset;
    return { loss: meanCrossEntropy(logits, labels), accuracy: this.#countCorrect(logits, labels) / size };
  }

  #countCorrect(logits: Float32Array, labels: Int32Array): number {
    const answers = argmaxRows(logits, this.#model.labels.length);
    return answers.reduce((equal, answer, i) => equal + Number(answer === labels[i]), 0);
  }

  #stepEvent(state: TrainingState, { batch, work, ...stepped }: Stepped): StepEvent {
    const { size, step, epoch, stepInEpoch, trainLoss, trainAccuracy, examplesPerSecond } = state;
    return {
      event: "step",
      step,
      epoch,
      stepInEpoch,
      ...stepped,
      examples: batch.size,
      trainLoss,
      trainAccuracy,
      examplesPerSecond,
      secondsLeft: (this.options.epochs * size - state.examples) / examplesPerSecond,
      work: { ...batch.work, ...work },
    };
  }
}

/** What a call of {@link Trainer.fit} works with. */
interface Fit {
  readonly train: PairDataset;
  readonly validation: PairDataset | undefined;
  readonly test: PairDataset | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onAnswers: FitOptions["onAnswers"];
  readonly plan: Plan;
  readonly state: TrainingState;
  /** Where this call begins, and the threads of the steps before. */
  readonly start: { readonly step: number; readonly threads: number };
  readonly checkpoints: Checkpoints;
}

interface Stepped {
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number | undefined;
  readonly stepsPerEpoch: number;
  readonly batch: PreparedBatch;
  readonly seconds: number;
  readonly work: WorkSeconds;
}
